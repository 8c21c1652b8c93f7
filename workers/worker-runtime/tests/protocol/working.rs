//! The to-do loop: crashes, order, start and end. A result has one effect however often the work is done.

use std::sync::Arc;

use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_store::todo;

use crate::{
    chain::Chain,
    log::memory,
    result::result,
    support::{Database, ROLE, dealt, event, projector, reference, until},
    work::{Process, Work},
};

pub(crate) const OPEN: usize = 1_000;

#[tokio::test]
async fn work_is_done_and_has_one_effect() {
    let database = Database::start().await;
    one_key_is_worked_on_one_at_a_time_and_keys_in_parallel(&database).await;
    a_crash_between_append_and_fold_changes_nothing(&database).await;
    a_row_whose_result_was_folded_before_leaves_the_list(&database).await;
    what_follows_is_told_before_the_result_and_once(&database).await;
    nothing_starts_before_the_log_is_folded(&database).await;
    a_halted_partition_is_not_waited_for(&database).await;
    what_is_under_way_is_finished_at_the_end(&database).await;
    database.server.stop().await;
}

pub(crate) async fn rows(database: &Database) -> i64 {
    database.number("select count(*) from elite.todo").await
}

pub(crate) async fn tail(log: &Arc<dyn EventLog>) -> u64 {
    log.tails().await.unwrap().iter().map(|tail| tail.0).sum()
}

/// Every cause is answered once, and every row gone.
pub(crate) async fn assert_done(database: &Database, log: &Arc<dyn EventLog>, causes: u64) {
    until("everything is done", || async { rows(database).await == 0 }).await;
    assert_eq!(tail(log).await, 2 * causes);
    assert_eq!(database.chains().await, reference(&**log).await);
}

async fn one_key_is_worked_on_one_at_a_time_and_keys_in_parallel(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(4), Work::new(0));
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(dealt(1..=12, &["a", "b", "c"])).await.unwrap();
    until("three keys are worked on", || async { work.keys_running() == ["a", "b", "c"] }).await;
    work.gate.add_permits(OPEN);
    assert_done(database, &log, 12).await;
    assert_eq!(*work.most_of_one_key.lock().unwrap(), 1);
    for key in 1..=3 {
        let of_key: Vec<u128> = work.begun().into_iter().filter(|number| number % 3 == key % 3).collect();
        assert!(of_key.is_sorted() && of_key.len() == 4, "{of_key:?}");
    }
    process.stop().await;
}

async fn a_crash_between_append_and_fold_changes_nothing(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(OPEN));
    log.append(dealt(1..=4, &["a", "b"])).await.unwrap();
    projector(database.store(), &log, &Arc::new(Chain::default()), 1, 100).catch_up().await.unwrap();
    let process = Process::start(database, &log, &work, 1);
    until("the first of each key is answered", || async { tail(&log).await == 6 }).await;
    process.todo.abort();
    assert!(process.todo.await.is_err());
    assert_eq!(rows(database).await, 4, "nobody has folded the results");
    todo::release_all(&database.client().await).await.unwrap();

    let mut after = Process::start(database, &log, &work, 2);
    after.fold(database, &log);
    assert_done(database, &log, 4).await;
    assert_eq!(work.begun().len(), 4, "what was in the log was not done again: {:?}", work.begun());
    after.stop().await;
}

async fn a_row_whose_result_was_folded_before_leaves_the_list(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(1), Work::new(OPEN));
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(vec![event(1, "a")]).await.unwrap();
    until("it is done", || async { tail(&log).await == 2 && rows(database).await == 0 }).await;
    let again = "insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
                 values ('act', '00000000-0000-0000-0000-000000000001', 'default', 'a', 0, 1, now())";
    until("the result is folded", || async { database.chains().await == reference(&*log).await }).await;
    // Another process, which does not remember that it was done.
    process.stop().await;
    database.client().await.batch_execute(again).await.unwrap();
    let mut after = Process::start(database, &log, &work, 2);
    after.fold(database, &log);
    until("the row is gone", || async { rows(database).await == 0 }).await;
    assert_eq!((work.begun(), tail(&log).await), (vec![1, 1], 2));
    after.stop().await;
}

async fn what_follows_is_told_before_the_result_and_once(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(1), Work::new(OPEN));
    *work.tells.lock().unwrap() = Some("b");
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(vec![event(1, "a")]).await.unwrap();
    until("it is done", || async { tail(&log).await == 3 && rows(database).await == 0 }).await;
    until("all is folded", || async { database.chains().await == reference(&*log).await }).await;
    process.stop().await;
    let again = "insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
                 values ('act', '00000000-0000-0000-0000-000000000001', 'default', 'a', 0, 1, now())";
    database.client().await.batch_execute(again).await.unwrap();
    let mut after = Process::start(database, &log, &work, 2);
    after.fold(database, &log);
    until("the row is gone", || async { rows(database).await == 0 }).await;
    assert_eq!((work.begun(), tail(&log).await), (vec![1, 1], 3));
    let recorded = log.read(PartitionId(0), Position(1), 10).await.unwrap();
    let told: Vec<_> = recorded.iter().map(|record| record.envelope().unwrap()).collect();
    let keys: Vec<&str> = told.iter().map(|event| &*event.partitionkey.0).collect();
    assert_eq!(keys, ["a", "b", "a"], "a crash between the two repeats the work");
    assert_eq!(told[1].causationid, Some(told[0].id));
    after.stop().await;
}

async fn nothing_starts_before_the_log_is_folded(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(OPEN));
    let causes = dealt(1..=6, &["a", "b", "c"]);
    log.append(causes.clone()).await.unwrap();
    // The fold has come as far as the causes when everything is lost but the log, which has all results.
    projector(database.store(), &log, &Arc::new(Chain::default()), 1, 100).catch_up().await.unwrap();
    log.append(causes.iter().map(result).collect()).await.unwrap();
    let mut process = Process::start(database, &log, &work, 1);
    for _ in 0..50 {
        process.wakes.ring(ROLE);
        assert_eq!(rows(database).await, 6);
    }
    process.fold(database, &log);
    log.append(vec![event(7, "d")]).await.unwrap();
    assert_done(database, &log, 7).await;
    assert_eq!(work.begun(), [7]);
    process.stop().await;
}

async fn a_halted_partition_is_not_waited_for(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(OPEN));
    log.append(dealt(1..=6, &["a", "b", "c", "d", "e", "f"])).await.unwrap();
    let mut process = Process::start(database, &log, &work, 1);
    process.fold.halting.lock().unwrap().insert(1);
    process.fold(database, &log);
    until("the others are done", || async { work.begun().len() >= 2 && rows(database).await == 0 }).await;
    let halted = "select count(*) from elite.subscription_partition where halted is not null";
    assert_eq!(database.number(halted).await, 1);
    process.stop().await;
}

async fn what_is_under_way_is_finished_at_the_end(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(0));
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(dealt(1..=6, &["a", "b"])).await.unwrap();
    until("two are under way", || async { work.begun().len() == 2 }).await;
    process.stop.cancel();
    for _ in 0..50 {
        assert_eq!(rows(database).await, 6);
    }
    assert!(!process.todo.is_finished(), "it waits for what is under way");
    work.gate.add_permits(OPEN);
    process.stop().await;
    assert_eq!(tail(&log).await, 8, "both results are in the log");
    let mut begun = work.begun();
    begun.sort_unstable();
    assert_eq!(begun, [1, 2], "and nothing else was begun");
    let owners = "select count(*) from elite.subscription_partition where owner is not null";
    assert_eq!(database.number(owners).await, 0, "partitions are given back");
}
