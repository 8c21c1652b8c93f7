//! The log of one process as an `EventLog`.

use std::{
    path::Path,
    sync::atomic::Ordering,
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use event_log::{Appended, Clock, Creation, CreationOptions, EventLog, LogError, Position, Recorded};
use event_model::{Event, PartitionId};
use tokio::sync::watch;

use crate::{
    EmbeddedKeyring,
    queue::{Encoded, Limits, Queue},
    run,
    store::Store,
    writer::Writer,
};

/// A durable log in a directory of one process.
///
/// Dropping it waits until what was being written is on the disk; then the directory can be opened again.
pub struct EmbeddedLog {
    store: Store,
    keyring: EmbeddedKeyring,
    version: watch::Receiver<u64>,
    /// `None` only while dropping: the writer ends when the queue is gone.
    queue: Option<Queue>,
    writer: Option<JoinHandle<()>>,
}

impl EmbeddedLog {
    /// Opens the log in `dir`, or makes it. Blocks while what a crash left behind is read again.
    ///
    /// # Errors
    /// [`LogError::Refused`] when the log was made with another number of partitions or is open elsewhere,
    /// [`LogError::Damaged`] when its files cannot be read.
    pub fn open(dir: &Path, creation: CreationOptions, clock: &dyn Clock) -> Result<Self, LogError> {
        let store = Store::open(dir, creation, clock)?;
        let (version, versions) = watch::channel(0);
        let (queue, requests) = Queue::new(Limits::default());
        let writer = Writer::new(store.clone(), requests, version)?;
        let writer = thread::Builder::new().name("log-writer".into()).spawn(move || writer.run());
        let writer = writer.map_err(|error| LogError::Unavailable(error.to_string()))?;
        let keyring = EmbeddedKeyring::new(store.key_file()?);
        Ok(Self { store, keyring, version: versions, queue: Some(queue), writer: Some(writer) })
    }

    /// The keys of data subjects, kept in the same directory.
    pub fn keyring(&self) -> EmbeddedKeyring {
        self.keyring.clone()
    }

    #[cfg(test)]
    pub(crate) fn tables(&self) -> crate::tables::Tables {
        self.store.tables().expect("the log is open")
    }

    fn encoded(&self, event: &Event) -> Encoded {
        let partition = event.partition(self.store.creation.partitions);
        Encoded { partition, id: event.id, json: event.encode() }
    }
}

#[async_trait]
impl EventLog for EmbeddedLog {
    fn creation(&self) -> &Creation {
        &self.store.creation
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let queue = self.queue.as_ref().ok_or_else(|| LogError::Unavailable("the log is closed".into()))?;
        // Consumed here: whoever waits for room holds the encoded form only.
        queue.submit(events.into_iter().map(|event| self.encoded(&event)).collect()).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let tail = self.store.tail(partition)?;
        if from == Position::START || from > tail.next() {
            return Err(LogError::Missing { partition, position: from, tail });
        }
        if from > tail || limit == 0 {
            return Ok(Vec::new());
        }
        let store = self.store.clone();
        let read =
            tokio::task::spawn_blocking(move || run::read(&store.tables()?, partition, from, tail, limit));
        read.await.map_err(|error| LogError::Unavailable(error.to_string()))?
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        Ok(self.store.tails.iter().map(|tail| Position(tail.load(Ordering::Acquire))).collect())
    }

    async fn changed(&self, seen: u64) {
        let mut version = self.version.clone();
        let newer = version.wait_for(|version| *version > seen);
        // Nothing within the time is an answer too, and a log that is closing changes no more.
        tokio::time::timeout(Duration::from_secs(1), newer).await.ok();
    }

    fn version(&self) -> u64 {
        *self.version.borrow()
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // If it panicked, its callers were answered by the closed channel.
            writer.join().ok();
        }
    }
}
