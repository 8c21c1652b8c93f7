//! The digests of checkpoints tell whether every event of the log was passed, and none but those.

use std::sync::Arc;

use event_log::EventLog;
use read_store::completeness::{self, Completeness};

use crate::{
    chain::Chain,
    log::{Broker, memory},
    support::{Database, SUBSCRIPTION, dealt, event, projector},
};

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

async fn compared(database: &Database, log: &dyn EventLog, adopt: bool) -> Vec<Completeness> {
    completeness::compare(database.store(), log, SUBSCRIPTION, adopt, &|_| {}).await.unwrap()
}

async fn states(database: &Database, log: &dyn EventLog) -> Vec<Option<bool>> {
    compared(database, log, false).await.iter().map(|found| found.complete).collect()
}

#[tokio::test]
async fn an_event_that_was_not_passed_is_missed() {
    let database = Database::start().await;
    what_is_parked_or_repeated_counts_as_passed(&database).await;
    a_checkpoint_that_jumped_is_found(&database).await;
    a_checkpoint_without_a_digest_gets_one_when_its_rows_are_known_to_be_right(&database).await;
    database.server.stop().await;
}

async fn what_is_parked_or_repeated_counts_as_passed(database: &Database) {
    database.empty().await;
    let log = Broker::new(3, 1_000);
    let fold = Arc::new(Chain::default());
    fold.unreadable.lock().unwrap().insert(7);
    for events in [dealt(1..=40, &KEYS), vec![event(3, "c"), event(9, "d")], dealt(41..=60, &KEYS)] {
        log.append(events).await.unwrap();
        let shared = Arc::clone(&log) as Arc<dyn EventLog>;
        projector(database.store(), &shared, &fold, 1, 11).catch_up().await.unwrap();
    }
    assert!(!database.letters().await.is_empty(), "one event is parked, and others behind it");
    assert_eq!(states(database, &*log).await, [Some(true); 3]);
}

async fn a_checkpoint_that_jumped_is_found(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(2), Arc::new(Chain::default()));
    log.append(dealt(1..=20, &KEYS)).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    log.append(dealt(21..=40, &KEYS)).await.unwrap();
    // As a faulty release would: an event is passed without being folded.
    let tail = compared(database, &*log, false).await[1].position;
    let skipped = log.read(event_model::PartitionId(1), event_log::Position(tail + 1), 1).await.unwrap();
    let id = skipped[0].envelope().unwrap().id;
    let jump = format!(
        "update elite.subscription_partition set position = position + 1, event_id = '{id}', epoch = epoch + 1
         where partition = 1"
    );
    database.client().await.batch_execute(&jump).await.unwrap();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(states(database, &*log).await, [Some(true), Some(false)]);
}

async fn a_checkpoint_without_a_digest_gets_one_when_its_rows_are_known_to_be_right(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(1), Arc::new(Chain::default()));
    log.append(dealt(1..=20, &KEYS)).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    // As an earlier release left it.
    let forget = "update elite.subscription_partition set digest = null";
    database.client().await.batch_execute(forget).await.unwrap();
    log.append(dealt(21..=30, &KEYS)).await.unwrap();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(states(database, &*log).await, [None]);
    assert_eq!(compared(database, &*log, true).await[0].complete, None);
    assert_eq!(states(database, &*log).await, [Some(true)]);
    log.append(dealt(31..=40, &KEYS)).await.unwrap();
    projector(database.store(), &log, &fold, 3, 500).catch_up().await.unwrap();
    assert_eq!(states(database, &*log).await, [Some(true)], "and goes on from there");
}
