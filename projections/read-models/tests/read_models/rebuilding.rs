//! Proving and repairing rows against the log.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use event_log::{
    Appended, Creation, CreationOptions, EventLog, LogError, ManualClock, MemoryLog, Position, Recorded,
    RepeatWindow,
};
use event_model::{Event, PartitionId, Tenant, family::operations::EventDropped, partition_of};
use read_models::{OnDifference, PROJECTIONS, Progress, RebuildError, Rebuilder, SUBSCRIPTION, install};
use read_store::dead_letter::{self, DeadLetter};
use uuid::Uuid;

use crate::{
    history::History,
    projector::Projector,
    world::{PARTITIONS, World},
};

pub(crate) fn quiet(_: Progress) {}

pub(crate) async fn no_scratch_is_left(world: &World) {
    let left = "select count(*) from pg_namespace where nspname like 'elite_scratch%'";
    assert_eq!(world.text(left).await, "0");
}

pub(crate) async fn a_faithful_database_verifies_and_rebuilds_without_a_difference(world: &World) {
    let mut history = History::new(world);
    history.draw(3, 700).await;
    Projector::claim(world, &history.log).await.fold_shuffled(1).await;
    let before = world.digests().await;
    let last = AtomicU64::new(0);
    let on_progress = |progress: Progress| {
        assert!(progress.events_done <= progress.events_total);
        last.store(progress.events_done, Ordering::Relaxed);
    };
    let report = world.rebuilder(&history.log).verify(&[], &on_progress).await.unwrap();
    assert!(report.is_equal(), "{report:#?}");
    let events: u64 = history.log.tails().await.unwrap().iter().map(|tail| tail.0).sum();
    assert_eq!((report.events_replayed, last.into_inner()), (events, events));
    assert_eq!(report.projections.len(), PROJECTIONS.len());
    let report = world
        .rebuilder(&history.log)
        .rebuild(&["chunks", "documents"], OnDifference::Stop, &quiet)
        .await
        .unwrap();
    assert!(report.is_equal() && report.projections.len() == 2, "{report:#?}");
    assert_eq!(world.digests().await, before);
    no_scratch_is_left(world).await;
    // The swapped tables are the ones that are folded from now on.
    history.received(900).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select count(*) from elite.documents where name = 'document 900.md'").await, "1");
    assert!(world.rebuilder(&history.log).verify(&[], &quiet).await.unwrap().is_equal());
}

pub(crate) async fn an_altered_row_is_shown_by_verify_and_repaired_by_rebuild(world: &World) {
    let history = History::new(world);
    for number in 1..=3 {
        let (_, received) = history.received(number).await;
        history.parsed(number, received, &["text"]).await;
    }
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let before = world.digests().await;
    world
        .execute(
            "update elite.documents_v3 set title = 'forged' where name = 'document 2.md';
             delete from elite.chunks_v4 where document_id = (select id from elite.documents where name = 'document 3.md')",
        )
        .await;
    let rebuilder = world.rebuilder(&history.log);
    let report = rebuilder.verify(&[], &quiet).await.unwrap();
    let unequal: Vec<_> = report.projections.iter().filter(|projection| !projection.equal).collect();
    assert_eq!(unequal.iter().map(|projection| projection.name).collect::<Vec<_>>(), ["documents", "chunks"]);
    let documents = &unequal[0].tables[0];
    assert_eq!((documents.rows_live, documents.rows_replayed, documents.differences.len()), (3, 3, 1));
    let difference = &documents.differences[0];
    assert_eq!(difference.live.as_ref().unwrap()["title"], "forged");
    assert_eq!(difference.replayed.as_ref().unwrap()["title"], "Guide");
    let chunk = &unequal[1].tables[0].differences[0];
    assert!(chunk.live.is_none() && chunk.replayed.as_ref().unwrap()["text"] == "text", "{chunk:?}");
    assert_ne!(world.digests().await, before, "verify repairs nothing");
    let report = rebuilder.rebuild(&["documents", "chunks"], OnDifference::Promote, &quiet).await.unwrap();
    assert!(!report.is_equal() && report.promoted);
    assert_eq!(world.digests().await, before);
    assert_eq!(world.text("select title from elite.documents where name = 'document 2.md'").await, "Guide");
    assert!(rebuilder.verify(&[], &quiet).await.unwrap().is_equal());
    no_scratch_is_left(world).await;
}

/// Parks the event at the end of a document's partition, as the projector would.
pub(crate) async fn park(world: &World, history: &History<'_>, key: Uuid) -> Uuid {
    let partition = partition_of(&Tenant::default(), &key.to_string(), PARTITIONS);
    let tail = history.log.tails().await.unwrap()[usize::from(partition.0)];
    let event = history.log.read(partition, tail, 1).await.unwrap().remove(0);
    let event_id = event.envelope().unwrap().id;
    let letter = DeadLetter {
        subscription: SUBSCRIPTION.into(),
        event_id,
        tenant: "default".into(),
        key: key.to_string(),
        partition: partition.0,
        position: tail.0,
        event_type: "document.deleted".into(),
        reason: "tested".into(),
        attempts: 1,
        datasubject: None,
    };
    let mut client = world.store.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    dead_letter::park(&tx, &[letter]).await.unwrap();
    // A parked event counts as complete.
    tx.execute(
        "update elite.subscription_partition set position = $2 where partition = $1",
        &[&i32::from(partition.0), &i64::try_from(tail.0).unwrap()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    event_id
}

pub(crate) async fn parked_and_dropped_events_are_left_out(world: &World) {
    let history = History::new(world);
    let (parked, _) = history.received(1).await;
    let (dropped, _) = history.received(2).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    history.deleted(1).await;
    park(world, &history, parked).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    history.deleted(2).await;
    let event = park(world, &history, dropped).await;
    let data = EventDropped { event, subscription: SUBSCRIPTION.into(), reason: "never mind".into() };
    history.append(dropped, None, data).await;
    world.execute(&format!("delete from elite.dead_letter where event_id = '{event}'")).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select count(*) from elite.documents where status = 'received'").await, "2");
    let report = world.rebuilder(&history.log).verify(&[], &quiet).await.unwrap();
    assert!(report.is_equal(), "{report:#?}");
    assert_eq!((report.events_replayed, report.events_skipped), (3, 2));
    assert_eq!(report.blocked_keys, [parked.to_string()]);
}

/// A log that keeps repeats and leaves it to its readers to drop them, as Kafka does.
struct Repeating {
    creation: Creation,
    log: Arc<MemoryLog>,
}

#[async_trait]
impl EventLog for Repeating {
    fn creation(&self) -> &Creation {
        &self.creation
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

pub(crate) async fn repeats_inside_the_window_are_left_out(world: &World) {
    let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(0) };
    let keeps_repeats = options.create(&ManualClock::default()).unwrap();
    let mut history = History::new(world);
    history.log = Arc::new(MemoryLog::new(keeps_repeats.clone()));
    let (key, _) = history.received(1).await;
    history.deleted(1).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let partition = partition_of(&Tenant::default(), &key.to_string(), PARTITIONS);
    let first = history.log.read(partition, Position(1), 1).await.unwrap().remove(0);
    history.append_event(first.envelope().unwrap().into_owned()).await;
    // The projector drops the repeat and moves on.
    world.execute("update elite.subscription_partition set position = 3 where position = 2").await;
    let verify = async |repeats| {
        let creation = Creation { repeats: RepeatWindow(repeats), ..keeps_repeats.clone() };
        let log = Arc::new(Repeating { creation, log: history.log.clone() });
        let rebuilder = Rebuilder::new(world.store.clone(), log, world.projections());
        rebuilder.verify(&[], &quiet).await.unwrap()
    };
    let report = verify(2).await;
    assert!(report.is_equal() && report.events_skipped == 1, "{report:#?}");
    let beyond = verify(1).await;
    assert!(!beyond.is_equal() && beyond.events_skipped == 0, "beyond the window it is another event");
}

pub(crate) async fn a_replay_follows_a_projector_that_goes_on(world: &World) {
    let mut history = History::new(world);
    history.draw(4, 200).await;
    let mut projector = Projector::claim(world, &history.log).await;
    for partition in 0..usize::from(PARTITIONS) {
        projector.fold(&[partition], 20).await;
    }
    // The log is ahead of the checkpoints, and the projector goes on while the replay runs.
    let rebuilder = world.rebuilder(&history.log);
    let (report, ()) =
        tokio::join!(rebuilder.rebuild(&[], OnDifference::Stop, &quiet), projector.fold_shuffled(9));
    let report = report.unwrap();
    assert!(report.is_equal(), "{report:#?}");
    assert!(rebuilder.verify(&[], &quiet).await.unwrap().is_equal());
    no_scratch_is_left(world).await;
}

pub(crate) async fn another_version_asks_for_a_rebuild_and_gets_it(world: &World) {
    let mut history = History::new(world);
    history.draw(5, 100).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let before = world.digests().await;
    // What an earlier release would have left: a table with other columns, shown by the view, and a recorded version.
    world
        .execute(
            "drop table elite.documents_v3 cascade;
             create table elite.documents_v0 (id uuid, tenant text);
             create view elite.documents as select * from elite.documents_v0;
             update elite.projection set version = 0 where name = 'documents'",
        )
        .await;
    assert_eq!(install(&world.store).await.unwrap(), ["documents"]);
    assert_eq!(install(&world.store).await.unwrap(), ["documents"], "until it is rebuilt");
    let rebuilder = world.rebuilder(&history.log);
    rebuilder.rebuild(&["documents"], OnDifference::Promote, &quiet).await.unwrap();
    assert!(install(&world.store).await.unwrap().is_empty());
    assert_eq!(world.digests().await, before);
    assert_eq!(world.text("select to_regclass('elite.documents_v0')").await, "null");
    assert_ne!(world.text("select count(*) from elite.documents where status is not null").await, "0");
    world.text("select count(*) from elite.duplicates").await;
}

pub(crate) async fn a_log_that_lost_its_tail_is_named_and_leaves_no_scratch(world: &World) {
    let history = History::new(world);
    history.received(1).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    world.execute("update elite.subscription_partition set position = position + 5 where position > 0").await;
    let failed = world.rebuilder(&history.log).verify(&[], &quiet).await;
    assert!(matches!(failed, Err(RebuildError::LogTooShort { folded: 6, read: 1, .. })), "{failed:?}");
    let unknown = world.rebuilder(&history.log).verify(&["ducks"], &quiet).await;
    assert!(matches!(unknown, Err(RebuildError::UnknownProjection { .. })), "{unknown:?}");
    no_scratch_is_left(world).await;
}
