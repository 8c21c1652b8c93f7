//! Logs for the scenes: one in memory, one that takes repeats, and one whose stored bytes can be spoiled.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use event_log::{
    Appended, Creation, CreationOptions, EventLog, LogError, ManualClock, MemoryLog, Position, Recorded,
    RepeatWindow,
};
use event_model::{Event, PartitionId};

fn creation(partitions: u16, repeats: u64) -> Creation {
    let options = CreationOptions { partitions, repeats: RepeatWindow(repeats) };
    options.create(&ManualClock::default()).unwrap()
}

/// A log in memory that refuses repeats.
pub(crate) fn memory(partitions: u16) -> Arc<dyn EventLog> {
    Arc::new(MemoryLog::new(creation(partitions, 1_000_000)))
}

/// A log that takes whatever is appended, as a broker does, and leaves repeats to its readers.
pub(crate) struct Broker {
    taken: MemoryLog,
    creation: Creation,
    /// Places whose bytes read as no event.
    pub(crate) spoiled: Mutex<HashSet<(u16, u64)>>,
}

impl Broker {
    pub(crate) fn new(partitions: u16, repeats: u64) -> Arc<Self> {
        let taken = MemoryLog::new(creation(partitions, 0));
        Arc::new(Self { taken, creation: creation(partitions, repeats), spoiled: Mutex::default() })
    }
}

#[async_trait]
impl EventLog for Broker {
    fn creation(&self) -> &Creation {
        &self.creation
    }

    fn refuses_repeats(&self) -> bool {
        false
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        self.taken.append(events).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut records = self.taken.read(partition, from, limit).await?;
        let spoiled = self.spoiled.lock().unwrap();
        for record in &mut records {
            if spoiled.contains(&(partition.0, record.position.0)) {
                record.json = "{".into();
            }
        }
        Ok(records)
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        self.taken.tails().await
    }

    async fn changed(&self, seen: u64) {
        self.taken.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.taken.version()
    }
}
