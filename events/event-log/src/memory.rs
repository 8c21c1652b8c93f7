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
    events: Vec<Bytes>,
    ids: HashMap<Uuid, Position>,
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
        let next = Position(partition.events.len() as u64 + 1);
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
        let events =
            &partitions.get(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))?.events;
        let tail = Position(events.len() as u64);
        if from.0 == 0 || from > tail.next() {
            return Err(LogError::Missing { partition, position: from, tail });
        }
        let records = (from.0..).zip(events.iter().skip(usize::try_from(from.0 - 1).unwrap_or(usize::MAX)));
        let recorded = |(position, json): (u64, &Bytes)| Recorded {
            partition,
            position: Position(position),
            json: json.clone(),
        };
        Ok(records.take(limit).map(recorded).collect())
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        Ok(self.partitions()?.iter().map(|partition| Position(partition.events.len() as u64)).collect())
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
