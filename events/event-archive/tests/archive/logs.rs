//! A log and its archive read as one: the contract holds while somebody archives and trims all the time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_archive::{Archive, ArchivedLog};
use event_log::{
    Appended, Creation, CreationOptions, EventLog, LogError, ManualClock, MemoryLog, Position, Recorded,
    contract::{self, Factory},
};
use event_model::{Event, PartitionId};
use tempfile::TempDir;

/// A log in memory that is archived and trimmed to its last events at every opportunity.
struct Shrinking {
    live: Arc<MemoryLog>,
    archive: Archive,
    trimmed: Arc<AtomicU64>,
    through: ArchivedLog,
}

impl Shrinking {
    async fn shrink(&self) -> Result<(), LogError> {
        for (partition, tail) in (0..).map(PartitionId).zip(self.live.tails().await?) {
            let chain = self.archive.chain(partition).await?;
            let behind = usize::try_from(tail.0.saturating_sub(chain.last().0)).unwrap();
            let Ok(events) = self.live.read(partition, chain.last().next(), behind).await else { continue };
            let Ok(chain) = self.archive.append(partition, &chain, &events).await else { continue };
            // Everything, or all but the last two.
            let keep = tail.0 % 3;
            let first = Position((chain.last().0 + 1).saturating_sub(keep).max(1));
            let before = self.live.firsts().await?[usize::from(partition.0)];
            let now = self.live.trim(partition, first).await?;
            self.trimmed.fetch_add(now.0 - before.0, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[async_trait]
impl EventLog for Shrinking {
    fn creation(&self) -> &Creation {
        self.through.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        let answers = self.through.append(events).await?;
        if self.through.version().is_multiple_of(4) {
            self.shrink().await?;
        }
        Ok(answers)
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.through.read(partition, from, limit).await
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        self.through.tails().await
    }

    async fn changed(&self, seen: u64) {
        self.through.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.through.version()
    }
}

struct Shrunk {
    directory: TempDir,
    made: AtomicU64,
    trimmed: Arc<AtomicU64>,
}

#[async_trait]
impl Factory for Shrunk {
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog> {
        let live = Arc::new(MemoryLog::new(creation.create(&ManualClock::default()).unwrap()));
        // A manual clock makes the same incarnation each time.
        let nth = self.made.fetch_add(1, Ordering::Relaxed);
        let directory = self.directory.path().join(nth.to_string());
        let archive = Archive::new(&BlobStore::in_directory(&directory).unwrap(), live.creation());
        let through = ArchivedLog::new(live.clone(), archive.clone());
        Arc::new(Shrinking { live, archive, trimmed: Arc::clone(&self.trimmed), through })
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        log
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_archived_and_trimmed_all_the_time_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let shrunk = Shrunk { directory, made: AtomicU64::new(0), trimmed: Arc::default() };
    contract::run(&shrunk).await;
    let trimmed = shrunk.trimmed.load(Ordering::Relaxed);
    println!("{trimmed} events were trimmed on the way");
    assert!(trimmed > 500, "only {trimmed} events were trimmed");
}

/// A log of ten events, trimmed before `first`, of which `archived` are archived.
async fn border(archived: usize, first: u64) -> (ArchivedLog, Vec<Recorded>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let creation = contract_options().create(&ManualClock::default()).unwrap();
    let live = Arc::new(MemoryLog::new(creation));
    let p0 = PartitionId(0);
    let events: Vec<Event> = (1..=10)
        .map(|position| crate::given::recorded(p0, position, 0))
        .map(|event| event.envelope().unwrap().into_owned())
        .collect();
    live.append(events).await.unwrap();
    let all = live.read(p0, Position(1), 10).await.unwrap();
    let archive = Archive::new(&BlobStore::in_directory(directory.path()).unwrap(), live.creation());
    let chain = archive.chain(p0).await.unwrap();
    archive.append(p0, &chain, &all[..archived]).await.unwrap();
    live.trim(p0, Position(first)).await.unwrap();
    (ArchivedLog::new(live, archive), all, directory)
}

fn contract_options() -> CreationOptions {
    CreationOptions { partitions: 1, repeats: event_log::RepeatWindow(100) }
}

#[tokio::test]
async fn one_read_crosses_the_border_between_archive_and_log() {
    for (archived, first) in [(7, 8), (7, 3), (10, 11), (1, 2)] {
        let (log, all, _directory) = border(archived, first).await;
        for from in 1..=11 {
            for limit in [0, 1, 4, 10, 100] {
                let read = log.read(PartitionId(0), Position(from), limit).await.unwrap();
                let expected: Vec<_> =
                    all.iter().skip(usize::try_from(from).unwrap() - 1).take(limit).cloned().collect();
                assert_eq!(
                    read, expected,
                    "from {from}, {limit} of them, archived {archived}, trimmed {first}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_in_neither_is_named_and_a_lost_tail_is_not_hidden() {
    let (log, all, _directory) = border(4, 8).await;
    let p0 = PartitionId(0);
    assert_eq!(log.read(p0, Position(2), 100).await.unwrap(), all[1..4], "up to the hole");
    let hole = log.read(p0, Position(5), 100).await;
    let Err(LogError::Damaged(reason)) = hole else { panic!("{hole:?}") };
    assert!(reason.contains("position 5 of partition 0"), "{reason}");
    assert!(reason.contains("begins at 8") && reason.contains("ends at 4"), "{reason}");
    assert!(log.read(p0, Position(6), 100).await.is_err());
    assert!(matches!(log.read(p0, Position(12), 100).await, Err(LogError::Missing { .. })));

    // The archive is ahead of a log that lost its tail.
    let (ahead, _, _directory) = border(10, 1).await;
    let archive = ahead.archive().clone();
    let lost = MemoryLog::new(ahead.creation().clone());
    let log = ArchivedLog::new(Arc::new(lost), archive);
    assert!(matches!(log.read(p0, Position(10), 100).await, Err(LogError::Missing { .. })));
}
