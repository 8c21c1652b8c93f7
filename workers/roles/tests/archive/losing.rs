//! Logs that lost events: what is archived stays, the partition halts and says how to go on, and the others are archived.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{Appended, Creation, EventLog, LogError, MemoryLog, Position, Recorded};
use event_model::{Event, PartitionId};
use read_store::checkpoint;
use roles::{ARCHIVE_SUBSCRIPTION, Archivist};
use tokio::sync::Mutex;

use crate::given::{Ground, PARTITIONS, all, events};

/// The log as it comes back without the last `lost` events of `partition`.
async fn without_its_end(ground: &Ground, partition: PartitionId, lost: usize) -> Arc<MemoryLog> {
    let back = MemoryLog::new(ground.log.creation().clone());
    for (number, mut kept) in (0..).map(PartitionId).zip(all(&*ground.log).await) {
        kept.truncate(kept.len() - if number == partition { lost } else { 0 });
        let kept = kept.iter().map(|event| event.envelope().unwrap().into_owned()).collect();
        back.append(kept).await.unwrap();
    }
    Arc::new(back)
}

/// Events that belong to `partition`.
fn of_partition(partition: PartitionId, from: u128, count: usize) -> Vec<Event> {
    let mut events = events(from..from + 1_000, 10);
    events.retain(|event| event.partition(PARTITIONS) == partition);
    events.truncate(count);
    assert_eq!(events.len(), count);
    events
}

#[tokio::test]
async fn a_log_that_lost_its_end_halts_its_partition_and_no_other() {
    let victim = PartitionId(2);
    // How many are lost, how many others have come since.
    for (lost, since) in [(1, 0), (1, 5), (10, 0), (10, 9), (10, 10), (10, 30)] {
        let ground = Ground::new().await;
        ground.log.append(events(0..200, 50)).await.unwrap();
        ground.alone(ground.log.clone(), 1_000, 1).round().await.unwrap();
        let archived = ground.ends().await;
        let back = without_its_end(&ground, victim, lost).await;
        back.append(of_partition(victim, 5_000, since)).await.unwrap();
        let other = PartitionId(1);
        back.append(of_partition(other, 9_000, 3)).await.unwrap();
        let mut archiving = ground.alone(back.clone(), 0, 2);
        for _ in 0..2 {
            archiving.round().await.unwrap();
        }
        let what = format!("{lost} lost, {since} since");
        let states = ground.states().await;
        let ends = ground.ends().await;
        // As many others as were lost: only the next event shows it.
        if lost == since {
            back.append(of_partition(victim, 7_000, 1)).await.unwrap();
            archiving.round().await.unwrap();
        }
        let halted = ground.states().await[2].halted.clone().unwrap_or_else(|| panic!("{what}: {states:?}"));
        assert!(halted.contains("elite archive heal"), "{what}: {halted}");
        assert_eq!(ends[2], archived[2], "{what}: the archive stays as it is");
        assert_eq!(back.firsts().await.unwrap()[2], Position(1), "{what}: nothing is trimmed");
        assert_eq!(ends[1], Position(archived[1].0 + 3), "{what}: the others are archived");
        assert!(ground.states().await.iter().all(|state| state.partition == 2 || state.halted.is_none()));
    }
}

#[tokio::test]
async fn after_a_fork_archiving_goes_on_when_it_is_told_to() {
    let victim = PartitionId(2);
    let ground = Ground::new().await;
    ground.log.append(events(0..200, 50)).await.unwrap();
    ground.alone(ground.log.clone(), 1_000, 1).round().await.unwrap();
    let back = without_its_end(&ground, victim, 10).await;
    back.append(of_partition(victim, 5_000, 15)).await.unwrap();
    let mut archiving = ground.alone(back.clone(), 1_000, 2);
    archiving.round().await.unwrap();
    assert!(ground.states().await[2].halted.is_some());

    let archive = ground.archive();
    let chain = archive.chain(victim).await.unwrap();
    archive.fork(victim, &chain, Position(chain.last().0 - 10), "the log lost 10 events").await.unwrap();
    let client = ground.store.client().await.unwrap();
    checkpoint::set_halted(&client, ARCHIVE_SUBSCRIPTION, victim.0, None).await.unwrap();
    drop(client);
    let mut successor = ground.alone(back.clone(), 1_000, 3);
    successor.round().await.unwrap();
    assert_eq!(ground.ends().await, back.tails().await.unwrap());
    let archived = ground.archive().read(victim, Position(1), 1_000).await.unwrap();
    assert_eq!(archived, all(&*back).await[2]);
    ground.assert_sound().await;
}

#[tokio::test]
async fn a_log_that_somebody_else_trimmed_halts_where_events_are_in_neither() {
    let ground = Ground::new().await;
    ground.log.append(events(0..200, 50)).await.unwrap();
    ground.alone(ground.log.clone(), 1_000, 1).round().await.unwrap();
    ground.log.append(events(200..400, 50)).await.unwrap();
    let tails = ground.log.tails().await.unwrap();
    ground.log.trim(PartitionId(0), tails[0]).await.unwrap();
    ground.alone(ground.log.clone(), 1_000, 2).round().await.unwrap();
    let states = ground.states().await;
    let halted = states[0].halted.as_deref().unwrap();
    assert!(halted.contains("in neither"), "{halted}");
    assert!(states[1..].iter().all(|state| state.halted.is_none()));
}

/// A log on which somebody else archives and trims just before the first read.
struct Meanwhile {
    log: Arc<MemoryLog>,
    other: Mutex<Option<Archivist>>,
}

#[async_trait]
impl EventLog for Meanwhile {
    fn creation(&self) -> &Creation {
        self.log.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        self.log.append(events).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        if let Some(other) = self.other.lock().await.take() {
            let chain = other.archive_all(partition).await.unwrap();
            self.log.trim(partition, chain.last()).await?;
        }
        self.log.read(partition, from, limit).await
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        self.log.tails().await
    }

    async fn changed(&self, seen: u64) {
        self.log.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.log.version()
    }
}

#[tokio::test]
async fn what_another_archiver_trimmed_in_the_same_moment_is_no_loss() {
    for archived_before in [0, 100] {
        let ground = Ground::new().await;
        let partition = PartitionId(3);
        ground.log.append(events(0..archived_before, 50)).await.unwrap();
        ground.archivist(ground.log.clone()).archive_all(partition).await.unwrap();
        ground.log.append(events(archived_before..300, 50)).await.unwrap();
        let other = Mutex::new(Some(ground.archivist(ground.log.clone())));
        let late = ground.archivist(Arc::new(Meanwhile { log: ground.log.clone(), other }));
        let chain = late.archive_all(partition).await.unwrap();
        assert_eq!(chain.last(), ground.log.tails().await.unwrap()[3]);
        ground.assert_sound().await;
    }
}
