//! What the hash of a partition says, and what this process remembers of it.

use std::sync::{Mutex, PoisonError};

use event_log::{LogError, Position};
use event_model::PartitionId;
use redis::{Pipeline, Value};

use crate::{keys::Keys, log::Shared, trouble};

/// What the hash of a partition says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Where the partition ends.
    pub(crate) end: End,
    /// The first position that was not trimmed.
    pub(crate) first: Position,
}

/// Where a partition ends, and in which of its histories.
///
/// A loss that was accepted begins a new timeline. Within one the tail only grows, so a partition that ends earlier than it
/// did has lost something; in a later one it may end wherever it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct End {
    /// Which history; it grows with every loss that is accepted.
    pub(crate) timeline: u64,
    /// The last position.
    pub(crate) tail: Position,
}

impl End {
    /// The end that a script answered: tail and timeline.
    pub(crate) fn answered(answer: &Value) -> Option<Self> {
        let Value::Array(parts) = answer else { return None };
        let [Value::Int(tail), Value::Int(timeline)] = parts[..] else { return None };
        Some(Self { timeline: u64::try_from(timeline).ok()?, tail: Position(u64::try_from(tail).ok()?) })
    }

    /// The end in the details of an error: a tail, then a timeline.
    pub(crate) fn in_details(details: &str) -> Option<Self> {
        let (tail, timeline) = details.split_once(' ')?;
        Some(Self { timeline: timeline.parse().ok()?, tail: Position(tail.parse().ok()?) })
    }
}

/// The latest end of a partition that this process has heard of.
#[derive(Debug, Default)]
pub(crate) struct KnownEnd(Mutex<End>);

impl KnownEnd {
    /// The latest.
    pub(crate) fn get(&self) -> End {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an end that a server named. Answers may come late: one of an earlier timeline says nothing.
    pub(crate) fn saw(&self, end: End) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max(end);
    }
}

/// Adds the question that [`Head::of`] reads the answer to.
pub(crate) fn ask(pipeline: &mut Pipeline, keys: &Keys) {
    pipeline.cmd("HMGET").arg(&keys.log).arg("incarnation").arg("tail").arg("first").arg("timeline");
}

impl Head {
    /// Reads an answer, and remembers where the partition ends.
    pub(crate) fn of(log: &Shared, partition: PartitionId, answer: &Value) -> Result<Self, LogError> {
        let Value::Array(parts) = answer else { return Err(trouble::lost(partition, "the hash is gone")) };
        let [Value::BulkString(incarnation), Value::BulkString(tail), first, timeline] = &parts[..] else {
            return Err(trouble::lost(partition, "the hash is gone"));
        };
        if incarnation != log.incarnation.as_bytes() {
            return Err(trouble::other(partition, &String::from_utf8_lossy(incarnation)));
        }
        let number = |value: &Value, absent: u64| match value {
            Value::BulkString(digits) => trouble::position(digits).map(|position| position.0),
            _ => Some(absent),
        };
        let tail = trouble::position(tail).ok_or_else(|| trouble::lost(partition, "the tail is no number"));
        let (Some(first), Some(timeline)) = (number(first, 1), number(timeline, 0)) else {
            return Err(LogError::Damaged(format!(
                "the hash of partition {partition} holds something else than numbers; something else wrote to it"
            )));
        };
        let head = Self { end: End { timeline, tail: tail? }, first: Position(first) };
        log.saw(partition, head.end);
        Ok(head)
    }
}

/// Asks what the hash of a partition says now.
pub(crate) async fn head_of(log: &Shared, partition: PartitionId) -> Result<Head, LogError> {
    let keys = log.keys_of(partition)?;
    let mut question = Pipeline::new();
    ask(&mut question, keys);
    let (answer, _) = log.servers.ask_about(partition, keys.slot, &question).await?;
    Head::of(log, partition, &answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(timeline: u64, tail: u64) -> End {
        End { timeline, tail: Position(tail) }
    }

    #[test]
    fn a_tail_only_grows_until_a_loss_is_accepted() {
        let known = KnownEnd::default();
        for (seen, then) in [
            (end(0, 5), end(0, 5)),
            (end(0, 3), end(0, 5)),
            (end(7, 2), end(7, 2)),
            (end(0, 9), end(7, 2)),
            (end(7, 4), end(7, 4)),
        ] {
            known.saw(seen);
            assert_eq!(known.get(), then, "after {seen:?}");
        }
    }

    #[test]
    fn an_end_is_read_from_an_error_and_nothing_else_is() {
        assert_eq!(End::in_details("12 3"), Some(end(3, 12)));
        assert_eq!(["12", "12 x", ""].map(End::in_details), [None; 3]);
    }
}
