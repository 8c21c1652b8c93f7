//! The log in Redis as an `EventLog`.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_log::{Appended, Clock, Creation, EventLog, LogError, Position, Recorded};
use event_model::{Event, PartitionId};
use futures::future::join_all;
use tokio::{
    sync::{Semaphore, SemaphorePermit, watch},
    task::AbortHandle,
    time::Instant,
};

use crate::{
    RedisLogOptions, Restoration, ServerFacts, append,
    cluster::Servers,
    creation,
    head::{End, KnownEnd},
    keys::Keys,
    lane::Lane,
    mirror, read, trim,
    watch::watch,
};

/// Events on their way to the server, in bytes. One larger call is let through alone.
const ROOM_BYTES: u32 = 32 << 20;
/// What an event costs there besides its data.
const EVENT_OVERHEAD_BYTES: usize = 1_024;
/// How long an append waits for room.
const ROOM_TIME_MAX: Duration = Duration::from_secs(10);
/// How often the end of a stream is compared with what its hash says.
const COMPARE_EVERY_MS: u64 = 1_000;

/// A log in Redis.
pub struct RedisLog {
    shared: Arc<Shared>,
    /// Begins with the first who waits: a process that only appends need not hear of what others append.
    watcher: OnceLock<AbortHandle>,
}

/// What the parts of a log share.
pub(crate) struct Shared {
    pub(crate) creation: Creation,
    pub(crate) incarnation: String,
    pub(crate) keys: Vec<Keys>,
    pub(crate) servers: Servers,
    pub(crate) versions: watch::Sender<u64>,
    /// The tails when it was opened.
    opened_at: Vec<Position>,
    partitions: Vec<Partition>,
    began: Instant,
    room: Semaphore,
}

struct Partition {
    /// The end that this process has heard of. A partition that ends before it has lost something.
    end: KnownEnd,
    /// When the stream was last compared with its hash, in ms since the log was opened; 0 is never.
    compared_ms: AtomicU64,
}

impl RedisLog {
    /// Opens a log, or makes it.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when the server does not answer, [`LogError::Refused`] when it would throw events away, when
    /// the log has another number of partitions, when one of them was lost, or when there is no log and none is to be made,
    /// [`LogError::Damaged`] when a stream does not end where the log says.
    pub async fn open(options: RedisLogOptions, clock: &dyn Clock) -> Result<Self, LogError> {
        let chance = clock.fresh_id().as_u64_pair();
        let servers = Servers::connect(options.seeds()?, chance.0 ^ chance.1).await?;
        let (creation, ends) = creation::open(&servers, options.creation, options.create, clock).await?;
        let partition = |end: &End| {
            let partition = Partition { end: KnownEnd::default(), compared_ms: 0.into() };
            partition.end.saw(*end);
            partition
        };
        let shared = Shared {
            incarnation: creation.incarnation.to_string(),
            keys: (0..creation.partitions).map(|partition| Keys::of(PartitionId(partition))).collect(),
            partitions: ends.iter().map(partition).collect(),
            opened_at: ends.iter().map(|end| end.tail).collect(),
            versions: watch::Sender::new(0),
            room: Semaphore::new(ROOM_BYTES as usize),
            began: Instant::now(),
            creation,
            servers,
        };
        Ok(Self { shared: Arc::new(shared), watcher: OnceLock::new() })
    }

    /// Begins to make this log anew on a server that has none, from what an archive knows of it.
    ///
    /// # Errors
    /// As [`Restoration::begin`].
    pub async fn restore(
        options: RedisLogOptions,
        creation: Creation,
        clock: &dyn Clock,
    ) -> Result<Restoration, LogError> {
        Restoration::begin(options, creation, clock).await
    }

    /// What the server runs; in a cluster, the weakest of its nodes.
    ///
    /// # Panics
    /// Never: a log that is open has asked its server.
    #[expect(clippy::expect_used, reason = "a log that is open has asked its server")]
    pub fn server(&self) -> ServerFacts {
        self.shared.servers.facts().expect("the server was asked when the log was opened")
    }

    fn watching(&self) {
        self.watcher.get_or_init(|| {
            let servers = &self.shared.servers;
            let single = servers.nodes().into_iter().next().filter(|_| !servers.is_cluster());
            let blocking = single.and_then(|node| Lane::new(node.info(), None, 1).ok());
            let opened_at = self.shared.opened_at.clone();
            tokio::spawn(watch(Arc::downgrade(&self.shared), blocking, opened_at)).abort_handle()
        });
    }
}

impl Shared {
    /// The keys of a partition.
    pub(crate) fn keys_of(&self, partition: PartitionId) -> Result<&Keys, LogError> {
        self.keys.get(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))
    }

    /// The latest end of a partition that this process has heard of.
    pub(crate) fn known_end(&self, partition: PartitionId) -> End {
        let known = self.partitions.get(usize::from(partition.0));
        known.map_or_else(End::default, |partition| partition.end.get())
    }

    /// Remembers an end that a server named.
    pub(crate) fn saw(&self, partition: PartitionId, end: End) {
        if let Some(partition) = self.partitions.get(usize::from(partition.0)) {
            partition.end.saw(end);
        }
    }

    /// Whether it is time to compare the stream of a partition with its hash.
    pub(crate) fn is_to_compare(&self, partition: PartitionId) -> bool {
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let Some(partition) = self.partitions.get(usize::from(partition.0)) else { return false };
        let last_ms = partition.compared_ms.load(Ordering::Relaxed);
        let due = last_ms == 0 || now_ms - last_ms >= COMPARE_EVERY_MS;
        if due {
            partition.compared_ms.store(now_ms, Ordering::Relaxed);
        }
        due
    }

    async fn room_for(&self, events: &[Event]) -> Result<SemaphorePermit<'_>, LogError> {
        let bytes: usize = events.iter().map(|event| event.data.get().len() + EVENT_OVERHEAD_BYTES).sum();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(ROOM_BYTES);
        let room = tokio::time::timeout(ROOM_TIME_MAX, self.room.acquire_many(bytes)).await;
        room.ok().and_then(Result::ok).ok_or_else(|| {
            let waited = ROOM_TIME_MAX.as_secs();
            LogError::Unavailable(format!("Redis did not keep up for {waited} s; send it again later"))
        })
    }
}

#[async_trait]
impl EventLog for RedisLog {
    fn creation(&self) -> &Creation {
        &self.shared.creation
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let _room = self.shared.room_for(&events).await?;
        append::append(&self.shared, &events).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        read::read(&self.shared, partition, from, limit).await
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        Ok(read::heads(&self.shared).await?.iter().map(|head| head.end.tail).collect())
    }

    async fn firsts(&self) -> Result<Vec<Position>, LogError> {
        Ok(read::heads(&self.shared).await?.iter().map(|head| head.first).collect())
    }

    async fn trim(&self, partition: PartitionId, first: Position) -> Result<Position, LogError> {
        trim::trim(&self.shared, partition, first).await
    }

    async fn accept_loss(&self, partition: PartitionId, last: Position) -> Result<(), LogError> {
        trim::accept_loss(&self.shared, partition, last).await
    }

    async fn changed(&self, seen: u64) {
        self.watching();
        let mut versions = self.shared.versions.subscribe();
        let newer = versions.wait_for(|version| *version > seen);
        // Nothing within the time is an answer too.
        tokio::time::timeout(Duration::from_secs(1), newer).await.ok();
    }

    fn version(&self) -> u64 {
        *self.shared.versions.borrow()
    }

    async fn mirror(
        &self,
        subscription: &str,
        positions: &[(PartitionId, Position)],
    ) -> Result<(), LogError> {
        let moved = positions
            .iter()
            .map(|(partition, position)| mirror::mirror(&self.shared, subscription, *partition, *position));
        join_all(moved).await.into_iter().collect()
    }
}

impl Drop for RedisLog {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.get() {
            watcher.abort();
        }
    }
}
