//! The log of one process as an `EventLog`.

use std::{
    path::Path,
    sync::atomic::Ordering,
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use event_log::{Appended, Clock, Creation, CreationOptions, EventLog, LogError, Position, Recorded};
use event_model::{Event, PartitionId};
use tokio::sync::watch;

use crate::{
    EmbeddedKeyring,
    queue::{Encoded, Limits, Queue},
    store::{Store, event_key, position_of, unavailable},
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
        let writer = Writer::new(store.clone(), requests, version);
        let writer = thread::Builder::new().name("log-writer".into()).spawn(move || writer.run());
        let writer = writer.map_err(|error| LogError::Unavailable(error.to_string()))?;
        let keyring = EmbeddedKeyring::new(store.clone());
        Ok(Self { store, keyring, version: versions, queue: Some(queue), writer: Some(writer) })
    }

    /// The keys of data subjects, kept in the same directory.
    pub fn keyring(&self) -> EmbeddedKeyring {
        self.keyring.clone()
    }

    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn encoded(&self, event: &Event) -> Encoded {
        // Boxed, because a vector would bring its spare capacity into the database's memory.
        let json = Bytes::from(event.encode().into_boxed_slice());
        Encoded { partition: event.partition(self.store.creation.partitions), id: event.id, json }
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
        queue.submit(events.iter().map(|event| self.encoded(event)).collect()).await
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
        let read = tokio::task::spawn_blocking(move || read(&store, partition, from, tail, limit));
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

/// Events from `from` to `tail`, which are there unless the files are damaged.
fn read(
    store: &Store,
    partition: PartitionId,
    from: Position,
    tail: Position,
    limit: usize,
) -> Result<Vec<Recorded>, LogError> {
    let range = store.events.range(event_key(partition, from)..=event_key(partition, tail));
    let mut next = from;
    let mut recorded = Vec::new();
    for entry in range.take(limit) {
        let (key, json) = entry.into_inner().map_err(|error| unavailable(&error))?;
        let position = position_of(&key)?;
        if position != next {
            return Err(gap(partition, next));
        }
        recorded.push(Recorded { partition, position, json: json.into() });
        next = next.next();
    }
    if recorded.is_empty() { Err(gap(partition, from)) } else { Ok(recorded) }
}

fn gap(partition: PartitionId, position: Position) -> LogError {
    LogError::Damaged(format!("partition {partition} has later events but not position {position}"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{event, open};

    #[tokio::test]
    async fn a_hole_is_damage_wherever_a_read_meets_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        log.append((1..=5).map(event).collect()).await.unwrap();
        let partition = PartitionId(0);
        log.store().events.remove(event_key(partition, Position(3))).unwrap();
        for from in [1, 2, 3] {
            let read = log.read(partition, Position(from), 10).await;
            assert!(matches!(read, Err(LogError::Damaged(_))), "from {from}: {read:?}");
        }
        assert_eq!(log.read(partition, Position(4), 10).await.unwrap().len(), 2);
    }
}
