//! Reading events, and where partitions begin and end.

use event_log::{LogError, Position, Recorded};
use event_model::PartitionId;
use futures::future::try_join_all;
use redis::{Pipeline, Value};

use crate::{
    binding::Entry,
    cluster::error_of,
    head::{self, Head},
    log::Shared,
    trouble,
};

/// What one answer of the server is aimed at: large enough to be worth the trip, small enough not to hold up others.
const PORTION_BYTES: usize = 1 << 20;
/// The first guess of an event's size, before any was read.
const EVENT_BYTES_GUESS: usize = 4 << 10;

/// Up to `limit` events from `from` on.
pub(crate) async fn read(
    log: &Shared,
    partition: PartitionId,
    from: Position,
    limit: usize,
) -> Result<Vec<Recorded>, LogError> {
    if usize::from(partition.0) >= log.keys.len() {
        return Err(LogError::NoPartition(partition));
    }
    let mut recorded: Vec<Recorded> = Vec::new();
    let mut event_bytes = EVENT_BYTES_GUESS;
    loop {
        let wanted = (limit - recorded.len()).min((PORTION_BYTES / event_bytes).max(1));
        let next = recorded.last().map_or(from, |last| last.position.next());
        let (portion, tail) = match portion(log, partition, next, wanted).await {
            // Readers begin at what they read last: a gap behind a single event would never be read at.
            Err(error @ LogError::Missing { .. }) if recorded.len() == 1 => return Err(error),
            // What was read before it is still good; the next read says what is wrong.
            Err(_) if !recorded.is_empty() => return Ok(recorded),
            portion => portion?,
        };
        let full = portion.len() == wanted;
        let bytes: usize = portion.iter().map(|event| event.json.len()).sum();
        event_bytes = (bytes / portion.len().max(1)).max(128);
        recorded.extend(portion);
        if let [only] = &recorded[..]
            && !full
            && only.position < tail
        {
            return Err(gone(log, partition, only.position.next()).await?);
        }
        if !full || recorded.len() >= limit {
            return Ok(recorded);
        }
    }
}

/// One answer of the server, and the tail before it.
async fn portion(
    log: &Shared,
    partition: PartitionId,
    from: Position,
    count: usize,
) -> Result<(Vec<Recorded>, Position), LogError> {
    let keys = log.keys_of(partition)?;
    let mut ask = Pipeline::new();
    // The tail first: what is appended between the two is read, and never missing.
    head::ask(&mut ask, keys);
    ask.cmd("XRANGE").arg(&keys.events).arg(format!("{from}-0")).arg("+").arg("COUNT").arg(count);
    let (answers, node) = log.servers.ask(keys.slot, &ask).await?;
    if let Some(error) = answers.iter().find_map(error_of) {
        return Err(trouble::of_partition(node.address(), partition, error));
    }
    let mut answers = answers.into_iter();
    let head = Head::of(log, partition, &answers.next().unwrap_or_default())?;
    let entries = match answers.next() {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let recorded = recorded(partition, from, &entries)?;
    let (Head { first, .. }, tail) = (head, head.end.tail);
    if from == Position::START || from > tail.next() {
        return Err(LogError::Missing { partition, position: from, tail });
    }
    if from < first {
        return Err(LogError::Trimmed { partition, position: from, first });
    }
    if from <= tail && recorded.is_empty() && count > 0 {
        return Err(gone(log, partition, from).await?);
    }
    Ok((recorded, tail))
}

/// What became of a position that is not there: trimmed since the head was read, or lost.
async fn gone(log: &Shared, partition: PartitionId, position: Position) -> Result<LogError, LogError> {
    let Head { first, end } = head::head_of(log, partition).await?;
    Ok(if position < first {
        LogError::Trimmed { partition, position, first }
    } else {
        LogError::Missing { partition, position, tail: end.tail }
    })
}

/// The entries that follow each other from `from` on. What comes after a gap is left out; a read at the gap, or at the event
/// before it, names it.
fn recorded(partition: PartitionId, from: Position, entries: &[Value]) -> Result<Vec<Recorded>, LogError> {
    let mut recorded = Vec::with_capacity(entries.len());
    let mut position = from;
    for entry in entries {
        let Value::Array(parts) = entry else { break };
        let [Value::BulkString(id), Value::Array(fields)] = &parts[..] else { break };
        if position_of(id) != Some(position) {
            break;
        }
        let mut entry = Entry::default();
        for pair in fields.chunks_exact(2) {
            if let [Value::BulkString(field), Value::BulkString(value)] = pair {
                entry.take(field, value);
            }
        }
        let json = entry.json().map_err(|error| match error {
            LogError::Damaged(words) => {
                LogError::Damaged(format!("position {position} of partition {partition}: {words}"))
            }
            error => error,
        })?;
        recorded.push(Recorded { partition, position, json });
        position = position.next();
    }
    Ok(recorded)
}

/// The position in an entry id, which is `<position>-0`.
fn position_of(id: &[u8]) -> Option<Position> {
    trouble::position(id.strip_suffix(b"-0")?)
}

/// What the hashes of all partitions say, in the order of partitions.
pub(crate) async fn heads(log: &Shared) -> Result<Vec<Head>, LogError> {
    let partitions = (0..log.creation.partitions).map(PartitionId);
    if log.servers.is_cluster() {
        return try_join_all(partitions.map(|partition| head::head_of(log, partition))).await;
    }
    let slot = log.keys.first().map(|keys| keys.slot).unwrap_or_default();
    let mut ask = Pipeline::with_capacity(log.keys.len());
    for keys in &log.keys {
        head::ask(&mut ask, keys);
    }
    let (answers, node) = log.servers.ask(slot, &ask).await?;
    let head = |(partition, answer): (PartitionId, &Value)| match error_of(answer) {
        Some(error) => Err(trouble::of_partition(node.address(), partition, error)),
        None => Head::of(log, partition, answer),
    };
    partitions.zip(&answers).map(head).collect()
}
