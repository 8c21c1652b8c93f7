//! A log in memory: the reference for the contract, and the log of tests and simulations.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use event_model::{Event, PartitionId};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Appended, Creation, Durability, EventLog, LogError, Outcome, Position, Recorded};

#[derive(Debug, Default)]
struct Partition {
    /// How many events were trimmed.
    trimmed: u64,
    /// Those after them.
    events: Vec<Bytes>,
    ids: HashMap<Uuid, Position>,
}

impl Partition {
    fn tail(&self) -> Position {
        Position(self.trimmed + self.events.len() as u64)
    }
}

/// A log in memory.
#[derive(Debug)]
pub struct MemoryLog {
    creation: Creation,
    partitions: Mutex<Vec<Partition>>,
    version: watch::Sender<u64>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new(creation: Creation) -> Self {
        let partitions = (0..creation.partitions).map(|_| Partition::default()).collect();
        Self { creation, partitions: Mutex::new(partitions), version: watch::Sender::new(0) }
    }

    fn partitions(&self) -> Result<MutexGuard<'_, Vec<Partition>>, LogError> {
        self.partitions.lock().map_err(|_| LogError::Damaged("a thread died while appending".into()))
    }

    fn append_one(&self, partitions: &mut [Partition], event: &Event) -> Result<Appended, LogError> {
        let id = event.partition(self.creation.partitions);
        let partition = partitions.get_mut(usize::from(id.0)).ok_or(LogError::NoPartition(id))?;
        let next = partition.tail().next();
        let seen = partition.ids.get(&event.id).copied();
        let repeated = seen.filter(|seen| next.0 - seen.0 <= self.creation.repeats.0);
        if repeated.is_none() {
            partition.events.push(event.encode().into());
            partition.ids.insert(event.id, next);
        }
        Ok(Appended {
            id: event.id,
            partition: id,
            position: repeated.unwrap_or(next),
            outcome: if repeated.is_some() { Outcome::Duplicate } else { Outcome::Added },
            durability: Durability::Memory,
        })
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    fn creation(&self) -> &Creation {
        &self.creation
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        let answers = {
            let mut partitions = self.partitions()?;
            events
                .iter()
                .map(|event| self.append_one(&mut partitions, event))
                .collect::<Result<Vec<_>, _>>()?
        };
        self.version.send_modify(|version| *version += 1);
        Ok(answers)
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let partitions = self.partitions()?;
        let found = partitions.get(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))?;
        let (first, tail) = (Position(found.trimmed + 1), found.tail());
        if from.0 == 0 || from > tail.next() {
            return Err(LogError::Missing { partition, position: from, tail });
        }
        if from < first {
            return Err(LogError::Trimmed { partition, position: from, first });
        }
        let before = usize::try_from(from.0 - first.0).unwrap_or(usize::MAX);
        let recorded = |(position, json): (u64, &Bytes)| Recorded {
            partition,
            position: Position(position),
            json: json.clone(),
        };
        Ok((from.0..).zip(found.events.iter().skip(before)).take(limit).map(recorded).collect())
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        Ok(self.partitions()?.iter().map(Partition::tail).collect())
    }

    async fn firsts(&self) -> Result<Vec<Position>, LogError> {
        Ok(self.partitions()?.iter().map(|partition| Position(partition.trimmed + 1)).collect())
    }

    async fn trim(&self, partition: PartitionId, first: Position) -> Result<Position, LogError> {
        let mut partitions = self.partitions()?;
        let found = partitions.get_mut(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))?;
        let more = first.0.min(found.tail().next().0).saturating_sub(found.trimmed + 1);
        found.events.drain(..usize::try_from(more).unwrap_or(usize::MAX).min(found.events.len()));
        found.trimmed += more;
        Ok(Position(found.trimmed + 1))
    }

    async fn changed(&self, seen: u64) {
        let mut versions = self.version.subscribe();
        let newer = versions.wait_for(|version| *version > seen);
        tokio::time::timeout(Duration::from_secs(1), newer).await.ok();
    }

    fn version(&self) -> u64 {
        *self.version.borrow()
    }
}
