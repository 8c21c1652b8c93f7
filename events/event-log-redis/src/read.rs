//! Reading events and tails.

use event_log::{LogError, Position, Recorded};
use event_model::PartitionId;
use futures::future::try_join_all;
use redis::{Pipeline, Value};

use crate::{
    binding::Entry,
    cluster::{error_of, redirection},
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
        let portion = portion(log, partition, next, wanted).await;
        let portion = match portion {
            // What was read before it is still good; the next read says what is wrong.
            Err(_) if !recorded.is_empty() => return Ok(recorded),
            portion => portion?,
        };
        let full = portion.len() == wanted;
        let bytes: usize = portion.iter().map(|event| event.json.len()).sum();
        event_bytes = (bytes / portion.len().max(1)).max(128);
        recorded.extend(portion);
        if !full || recorded.len() >= limit {
            return Ok(recorded);
        }
    }
}

/// One answer of the server.
async fn portion(
    log: &Shared,
    partition: PartitionId,
    from: Position,
    count: usize,
) -> Result<Vec<Recorded>, LogError> {
    let keys = &log.keys[usize::from(partition.0)];
    let mut ask = Pipeline::new();
    // The tail first: what is appended between the two is read, and never missing.
    ask.cmd("HMGET").arg(&keys.log).arg("incarnation").arg("tail");
    ask.cmd("XRANGE").arg(&keys.events).arg(format!("{from}-0")).arg("+").arg("COUNT").arg(count);
    let (answers, node) = log.servers.ask(keys.slot, &ask).await?;
    if let Some(error) = answers.iter().find_map(error_of) {
        return Err(trouble::of_partition(node.address(), partition, error));
    }
    let mut answers = answers.into_iter();
    let tail = tail(log, partition, &answers.next().unwrap_or_default())?;
    let entries = match answers.next() {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let recorded = recorded(partition, from, &entries)?;
    let there = from <= tail || !recorded.is_empty();
    if from == Position::START || from > tail.next() || (there && recorded.is_empty() && count > 0) {
        return Err(LogError::Missing { partition, position: from, tail });
    }
    Ok(recorded)
}

/// The tail in the answer for `incarnation` and `tail`.
fn tail(log: &Shared, partition: PartitionId, answer: &Value) -> Result<Position, LogError> {
    let (incarnation, tail) = match answer {
        Value::Array(parts) => match &parts[..] {
            [Value::BulkString(incarnation), Value::BulkString(tail)] => (incarnation, tail),
            _ => return Err(trouble::lost(partition, "the hash is gone")),
        },
        _ => return Err(trouble::lost(partition, "the hash is gone")),
    };
    if incarnation != log.incarnation.as_bytes() {
        return Err(trouble::other(partition, &String::from_utf8_lossy(incarnation)));
    }
    let tail = trouble::position(tail).ok_or_else(|| trouble::lost(partition, "the tail is no number"))?;
    log.saw_tail(partition, tail);
    Ok(tail)
}

/// The entries that follow each other from `from` on. What comes after a gap is left out; a read at the gap names it.
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

/// The last position of each partition.
pub(crate) async fn tails(log: &Shared) -> Result<Vec<Position>, LogError> {
    if log.servers.is_cluster() {
        let partitions = (0..log.creation.partitions).map(PartitionId);
        return try_join_all(partitions.map(|partition| tail_of(log, partition))).await;
    }
    let slot = log.keys.first().map(|keys| keys.slot).unwrap_or_default();
    let mut ask = Pipeline::with_capacity(log.keys.len());
    for keys in &log.keys {
        ask.cmd("HMGET").arg(&keys.log).arg("incarnation").arg("tail");
    }
    let (answers, node) = log.servers.ask(slot, &ask).await?;
    let partitions = (0..log.creation.partitions).map(PartitionId);
    partitions
        .zip(&answers)
        .map(|(partition, answer)| one_tail(log, partition, answer, node.address()))
        .collect()
}

async fn tail_of(log: &Shared, partition: PartitionId) -> Result<Position, LogError> {
    let keys = &log.keys[usize::from(partition.0)];
    let mut ask = Pipeline::new();
    ask.cmd("HMGET").arg(&keys.log).arg("incarnation").arg("tail");
    let (answers, node) = log.servers.ask(keys.slot, &ask).await?;
    one_tail(log, partition, answers.first().unwrap_or(&Value::Nil), node.address())
}

fn one_tail(
    log: &Shared,
    partition: PartitionId,
    answer: &Value,
    address: &str,
) -> Result<Position, LogError> {
    debug_assert!(redirection(answer).is_none(), "`ask` follows redirections");
    match error_of(answer) {
        Some(error) => Err(trouble::of_partition(address, partition, error)),
        None => tail(log, partition, answer),
    }
}
