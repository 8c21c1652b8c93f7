//! Runs: neighbouring events of a partition that were written together, under one key.
//!
//! A key costs the database as much as a kilobyte of value (a place in a sorted list, a journal header, a table entry, a
//! file offset), so events that arrive together share one. A value is a sequence of a length (4 bytes, big-endian) and that
//! many bytes of JSON.

use bytes::{Buf, Bytes};
use event_log::{LogError, Position, Recorded};
use event_model::PartitionId;

use crate::{
    store::{event_key, position_of},
    tables::{Tables, unavailable},
};

/// A run takes no further event when it has this size, so that reading one event never reads much.
const RUN_BYTES_MAX: usize = 64 << 10;

/// A run that is being gathered.
pub(crate) struct Run {
    pub(crate) first: Position,
    pub(crate) bytes: Vec<u8>,
}

impl Run {
    /// A run whose first event will have position `first`.
    pub(crate) fn starting(first: Position) -> Self {
        Self { first, bytes: Vec::new() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= RUN_BYTES_MAX
    }

    pub(crate) fn push(&mut self, json: &[u8]) {
        // An event is limited to kilobytes long before it gets here.
        let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(json);
    }

    /// Without the spare capacity, which would stay in the database's memory.
    pub(crate) fn into_value(self) -> Bytes {
        Bytes::from(self.bytes.into_boxed_slice())
    }
}

/// The events in a stored run, without copying them.
pub(crate) fn events_of(mut run: Bytes) -> Result<Vec<Bytes>, LogError> {
    let mut events = Vec::new();
    while run.has_remaining() {
        let length = run.try_get_u32().ok().and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= run.len());
        events.push(
            run.split_to(length.ok_or_else(|| LogError::Damaged("a run of events is cut short".into()))?),
        );
    }
    Ok(events)
}

/// Position of the last event of `partition`.
pub(crate) fn last_position(events: &fjall::Keyspace, partition: PartitionId) -> Result<Position, LogError> {
    let Some(last) = events.prefix(partition.0.to_be_bytes()).next_back() else {
        return Ok(Position::START);
    };
    let (key, value) = last.into_inner().map_err(|error| unavailable(&error))?;
    let count = events_of(value.into())?.len() as u64;
    Ok(Position(position_of(&key)?.0 + count - 1))
}

/// Up to `limit` events from `from` to `tail`, which are there unless the files are damaged.
pub(crate) fn read(
    tables: &Tables,
    partition: PartitionId,
    from: Position,
    tail: Position,
    limit: usize,
) -> Result<Vec<Recorded>, LogError> {
    let mut next = run_around(tables, partition, from)?;
    let mut recorded = Vec::new();
    for entry in tables.events.range(event_key(partition, next)..=event_key(partition, tail)) {
        let (key, run) = entry.into_inner().map_err(|error| unavailable(&error))?;
        if position_of(&key)? != next {
            return Err(gap(partition, next));
        }
        for json in events_of(run.into())? {
            if next >= from && recorded.len() < limit {
                recorded.push(Recorded { partition, position: next, json });
            }
            next = next.next();
        }
        if recorded.len() == limit {
            break;
        }
    }
    if recorded.is_empty() { Err(gap(partition, from)) } else { Ok(recorded) }
}

/// Where the run that should hold `position` begins.
fn run_around(tables: &Tables, partition: PartitionId, position: Position) -> Result<Position, LogError> {
    let before = event_key(partition, Position(1))..=event_key(partition, position);
    let run = tables.events.range(before).next_back().ok_or_else(|| gap(partition, position))?;
    position_of(&run.key().map_err(|error| unavailable(&error))?)
}

fn gap(partition: PartitionId, position: Position) -> LogError {
    LogError::Damaged(format!("partition {partition} has later events but not position {position}"))
}

#[cfg(test)]
mod tests {
    use event_log::EventLog;

    use super::*;
    use crate::testing::{event, open};

    const P0: PartitionId = PartitionId(0);

    #[tokio::test]
    async fn a_hole_is_damage_wherever_a_read_meets_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        for first in [1, 3, 5, 7] {
            log.append([first, first + 1].map(event).to_vec()).await.unwrap();
        }
        log.tables().events.remove(event_key(P0, Position(5))).unwrap();
        for from in 1..=6 {
            let read = log.read(P0, Position(from), 10).await;
            assert!(matches!(read, Err(LogError::Damaged(_))), "from {from}: {read:?}");
        }
        assert_eq!(log.read(P0, Position(8), 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_call_of_many_large_events_becomes_several_runs_that_read_as_one() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        log.append((1..=1_000).map(event).collect()).await.unwrap();
        assert!(log.tables().events.len().unwrap() > 2, "runs are limited in size");
        for from in (1..=1_000).step_by(37) {
            let read = log.read(P0, Position(from), 300).await.unwrap();
            let ids: Vec<u128> = read.iter().map(|event| event.envelope().unwrap().id.as_u128()).collect();
            assert_eq!(ids, (u128::from(from)..=1_000).take(300).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_run_that_is_cut_short_is_damage() {
        let mut run = Run::starting(Position(1));
        run.push(b"{}");
        run.push(b"[]");
        let whole = run.into_value();
        assert_eq!(events_of(whole.clone()).unwrap(), ["{}", "[]"]);
        for cut in [1, 3, 5, 7, 11] {
            assert!(events_of(whole.slice(..cut)).is_err(), "cut at {cut}");
        }
    }
}
