//! A log and its archive read as one. Everything goes to the log; only what the log says it trimmed comes from the archive. A lost
//! tail is not hidden: the log does not say `Trimmed` for that, and what it does say is passed on.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{Appended, Creation, EventLog, LogError, Position, Recorded};
use event_model::{Event, PartitionId};

use crate::{Archive, ArchiveError};

/// A log whose trimmed part is read from its archive.
pub struct ArchivedLog {
    live: Arc<dyn EventLog>,
    archive: Archive,
}

impl ArchivedLog {
    /// `live` and the archive of it.
    pub fn new(live: Arc<dyn EventLog>, archive: Archive) -> Self {
        Self { live, archive }
    }

    /// The archive.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Archived events from `from` on, all before `first`, where the log begins.
    async fn read_archived(
        &self,
        partition: PartitionId,
        from: Position,
        first: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let before = usize::try_from(first.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        let lost = |last: Position| {
            LogError::Damaged(format!(
                "position {from} of partition {partition} is neither in the log, which begins at {first}, nor in the archive, \
                 which ends at {last}; `elite archive verify` and `elite doctor` say more"
            ))
        };
        match self.archive.read(partition, from, limit.min(before)).await {
            Ok(events) if events.is_empty() && limit > 0 => Err(lost(Position(from.0.saturating_sub(1)))),
            Ok(events) => Ok(events),
            Err(ArchiveError::Missing { last, .. }) => Err(lost(last)),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl EventLog for ArchivedLog {
    fn creation(&self) -> &Creation {
        self.live.creation()
    }

    fn refuses_repeats(&self) -> bool {
        self.live.refuses_repeats()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        self.live.append(events).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut events = Vec::new();
        loop {
            let next = events.last().map_or(from, |last: &Recorded| last.position.next());
            let missing = limit - events.len();
            let first = match self.live.read(partition, next, missing).await {
                Err(LogError::Trimmed { first, .. }) => first,
                Err(_) if !events.is_empty() => return Ok(events),
                live => {
                    events.extend(live?);
                    return Ok(events);
                }
            };
            match self.read_archived(partition, next, first, missing).await {
                Err(_) if !events.is_empty() => return Ok(events),
                archived => events.extend(archived?),
            }
            if events.len() >= limit {
                return Ok(events);
            }
        }
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        self.live.tails().await
    }

    async fn firsts(&self) -> Result<Vec<Position>, LogError> {
        self.live.firsts().await
    }

    async fn trim(&self, partition: PartitionId, first: Position) -> Result<Position, LogError> {
        self.live.trim(partition, first).await
    }

    async fn accept_loss(&self, partition: PartitionId, last: Position) -> Result<(), LogError> {
        self.live.accept_loss(partition, last).await
    }

    async fn changed(&self, seen: u64) {
        self.live.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.live.version()
    }

    async fn mirror(
        &self,
        subscription: &str,
        positions: &[(PartitionId, Position)],
    ) -> Result<(), LogError> {
        self.live.mirror(subscription, positions).await
    }
}
