//! A log in memory that fails as the seed says: reads that are refused or short, and appends whose answer is lost.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use event_log::{Appended, Creation, EventLog, LogError, Position, Recorded};
use event_model::{Event, PartitionId};

use crate::ground::{Draw, memory};

/// The log; one call in six goes wrong.
pub(crate) struct Faulty {
    inner: Arc<dyn EventLog>,
    draw: Mutex<Draw>,
    healed: AtomicBool,
    trimmed: AtomicBool,
    /// Partitions on a shard that does not answer.
    pub(crate) down: Mutex<HashSet<u16>>,
}

impl Faulty {
    pub(crate) fn new(partitions: u16, seed: u64) -> Arc<Self> {
        let (healed, trimmed) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self {
            inner: memory(partitions),
            draw: Mutex::new(Draw(seed)),
            healed,
            trimmed,
            down: Mutex::default(),
        })
    }

    pub(crate) fn heal(&self) {
        self.healed.store(true, Ordering::SeqCst);
    }

    /// What there is now is gone from here on.
    pub(crate) fn trim(&self) {
        self.trimmed.store(true, Ordering::SeqCst);
    }

    /// What goes wrong with this call: 0 to 5, of which most mean nothing.
    fn fault(&self) -> u64 {
        if self.healed.load(Ordering::SeqCst) { u64::MAX } else { self.draw.lock().unwrap().below(18) }
    }
}

fn refused() -> LogError {
    LogError::Unavailable("as the seed says".into())
}

#[async_trait]
impl EventLog for Faulty {
    fn creation(&self) -> &Creation {
        self.inner.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        match self.fault() {
            0 => Err(refused()),
            1 | 2 => {
                self.inner.append(events).await?;
                Err(refused())
            }
            _ => self.inner.append(events).await,
        }
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        if self.trimmed.load(Ordering::SeqCst) {
            let tail = self.inner.tails().await?[usize::from(partition.0)];
            return Err(LogError::Missing { partition, position: from, tail });
        }
        if self.down.lock().unwrap().contains(&partition.0) {
            return Err(refused());
        }
        match self.fault() {
            0 => Err(refused()),
            1 | 2 => self.inner.read(partition, from, limit.min(2)).await,
            _ => self.inner.read(partition, from, limit).await,
        }
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        let down = !self.down.lock().unwrap().is_empty();
        if down || self.fault() == 0 { Err(refused()) } else { self.inner.tails().await }
    }

    async fn changed(&self, seen: u64) {
        self.inner.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.inner.version()
    }
}
