//! A log with events, its archive, a database, and archivers.

use std::{sync::Arc, time::Duration};

use blob_store::BlobStore;
use event_archive::{Archive, ArchivedLog};
use event_log::{CreationOptions, EventLog, ManualClock, MemoryLog, Position, Recorded, RepeatWindow};
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use read_store::{
    Store,
    lease::{self, PartitionState, Term},
    migrate,
    worker::Announcement,
};
use roles::{ARCHIVE_SUBSCRIPTION, ArchiveOptions, Archiving, Archivist, Retention};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const PARTITIONS: u16 = 4;

pub(crate) struct Ground {
    pub(crate) store: Store,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) blobs: BlobStore,
    pub(crate) clock: ManualClock,
    _directory: TempDir,
}

/// At once, and keeping this many.
pub(crate) fn keeping(keep_events: u64) -> Retention {
    Retention { archive_after: Duration::ZERO, keep_events }
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let url = tokio::task::spawn_blocking(|| servers::postgres().database()).await.unwrap();
        let store = Store::connect(&url, 8).unwrap();
        migrate::apply(&store).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobStore::in_directory(directory.path()).unwrap();
        let clock = ManualClock::default();
        let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(10_000) };
        let log = Arc::new(MemoryLog::new(options.create(&clock).unwrap()));
        Self { store, log, blobs, clock, _directory: directory }
    }

    /// The archive as a process sees it that was just started.
    pub(crate) fn archive(&self) -> Archive {
        Archive::new(&self.blobs, self.log.creation())
    }

    pub(crate) fn archivist(&self, log: Arc<dyn EventLog>) -> Archivist {
        Archivist::new(log, self.archive())
    }

    /// An archiver of `log`.
    pub(crate) fn archiving(
        &self,
        log: Arc<dyn EventLog>,
        retention: Retention,
        owner: u128,
        term: Term,
    ) -> Archiving {
        let owner = Uuid::from_u128(owner);
        let announcement = Announcement::new(owner, ARCHIVE_SUBSCRIPTION);
        let options = ArchiveOptions { retention, owner, term, announcement };
        Archiving::new(options, self.archivist(log), self.store.clone(), Arc::new(self.clock.clone()))
    }

    /// An archiver that has everything for itself.
    pub(crate) fn alone(&self, log: Arc<dyn EventLog>, keep_events: u64, owner: u128) -> Archiving {
        self.archiving(log, keeping(keep_events), owner, Term::DataDirectoryLock)
    }

    pub(crate) async fn states(&self) -> Vec<PartitionState> {
        let mut states = lease::list(&self.store.client().await.unwrap()).await.unwrap();
        states.retain(|state| state.subscription == ARCHIVE_SUBSCRIPTION);
        states
    }

    /// Every partition's events, read from log and archive as one.
    pub(crate) async fn all(&self) -> Vec<Vec<Recorded>> {
        all(&ArchivedLog::new(self.log.clone(), self.archive())).await
    }

    /// The last archived position of each partition.
    pub(crate) async fn ends(&self) -> Vec<Position> {
        let archive = self.archive();
        let mut ends = Vec::new();
        for partition in (0..PARTITIONS).map(PartitionId) {
            ends.push(archive.chain(partition).await.unwrap().last());
        }
        ends
    }

    /// Every hash and every event of the archive.
    pub(crate) async fn assert_sound(&self) {
        for partition in (0..PARTITIONS).map(PartitionId) {
            let report = self.archive().verify(partition, true, &|_, _| {}).await.unwrap();
            assert_eq!(report.bad, None, "partition {partition}");
        }
    }
}

pub(crate) async fn all(log: &dyn EventLog) -> Vec<Vec<Recorded>> {
    let mut all = Vec::new();
    for partition in (0..PARTITIONS).map(PartitionId) {
        all.push(log.read(partition, Position(1), usize::MAX >> 1).await.unwrap());
    }
    all
}

/// Events with these numbers, spread over the partitions.
pub(crate) fn events(numbers: impl IntoIterator<Item = u128>, padding_bytes: usize) -> Vec<Event> {
    let event = |number: u128| {
        let draft = EventDraft {
            id: Uuid::from_u128(number),
            source: "/tests".into(),
            subject: "s".into(),
            partitionkey: format!("key {}", number % 40),
            tenant: Tenant::default(),
            time: event_log::Clock::now(&ManualClock::default()),
            data: SessionStarted { user: None, title: Some("x".repeat(padding_bytes)) },
        };
        draft.build().unwrap()
    };
    numbers.into_iter().map(event).collect()
}
