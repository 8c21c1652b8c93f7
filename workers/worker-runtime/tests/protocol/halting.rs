//! What stops a partition: a lost or different tail, a place that is no event, a fold that refuses. Always only that one.

use std::sync::Arc;

use event_log::EventLog;
use event_model::{Tenant, partition_of};
use read_store::lease;

use crate::{
    chain::Chain,
    log::{Broker, memory},
    support::{Database, dealt, event, projector, reference},
};

/// `a` and `b` with these two partitions are in different ones.
const PARTITIONS: u16 = 2;

fn keys() -> (&'static str, &'static str) {
    let names = ["a", "b", "c", "d", "e", "f"];
    let of = |wanted| {
        names.into_iter().find(|key| partition_of(&Tenant::default(), key, PARTITIONS).0 == wanted).unwrap()
    };
    (of(0), of(1))
}

#[tokio::test]
async fn a_partition_that_cannot_go_on_halts_alone() {
    let database = Database::start().await;
    a_lost_tail_halts_its_partition_in_words(&database).await;
    another_tail_halts_its_partition_in_words(&database).await;
    a_tail_replaced_by_as_many_events_is_found_although_nothing_seems_new(&database).await;
    what_is_no_event_halts_behind_what_is_one(&database).await;
    a_fold_that_refuses_halts_behind_what_it_took(&database).await;
    a_missing_table_halts_instead_of_parking_everything(&database).await;
    database.server.stop().await;
}

async fn halted(database: &Database) -> Vec<Option<String>> {
    let states = lease::list(&database.client().await).await.unwrap();
    states.into_iter().map(|state| state.halted).collect()
}

async fn a_lost_tail_halts_its_partition_in_words(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let (log, fold) = (memory(PARTITIONS), Arc::new(Chain::default()));
    log.append(dealt(1..=20, &[left, right])).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();

    for kept in [9, 5] {
        let shorter = memory(PARTITIONS);
        let numbers = |first: u128, count: u128| (first..first + 2 * count).step_by(2);
        shorter.append(numbers(1, kept).map(|number| event(number, left)).collect()).await.unwrap();
        shorter.append(numbers(2, 10).map(|number| event(number, right)).collect()).await.unwrap();
        shorter.append(vec![event(100 + kept, right)]).await.unwrap();
        let before = database.chains().await;
        let folded = projector(database.store(), &shorter, &fold, kept, 500).catch_up().await;
        if kept == 9 {
            assert_eq!(folded.unwrap(), 1, "the other goes on");
            assert_eq!(database.chains().await[right], format!("{} 109", before[right]));
        }
        let halted = halted(database).await;
        let words = halted[0].as_deref().unwrap();
        assert!(words.contains("10") && words.contains("position"), "{words}");
        assert_eq!(database.chains().await[left], before[left], "it does not read on");
    }

    // The tail is back: the next owner looks again, and the partition no longer counts as halted.
    log.append(vec![event(109, right), event(110, left)]).await.unwrap();
    projector(database.store(), &log, &fold, 50, 500).catch_up().await.unwrap();
    assert_eq!(halted(database).await, [None, None]);
    assert_eq!(database.chains().await, reference(&*log).await);
}

async fn another_tail_halts_its_partition_in_words(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let (log, fold) = (memory(PARTITIONS), Arc::new(Chain::default()));
    log.append(dealt(1..=4, &[left, right])).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    let forked = memory(PARTITIONS);
    let events =
        [event(1, left), event(33, left), event(5, left), event(2, right), event(4, right), event(6, right)];
    forked.append(events.to_vec()).await.unwrap();
    assert_eq!(projector(database.store(), &forked, &fold, 2, 500).catch_up().await.unwrap(), 1);
    let halted = halted(database).await;
    assert!(halted[0].as_deref().unwrap().contains("position 2 of the log is event"), "{halted:?}");
    assert_eq!(halted[1], None);
    assert_eq!(
        (database.chains().await[left].as_str(), database.chains().await[right].as_str()),
        ("1 3", "2 4 6")
    );
}

async fn a_tail_replaced_by_as_many_events_is_found_although_nothing_seems_new(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let (log, fold) = (memory(PARTITIONS), Arc::new(Chain::default()));
    log.append(dealt(1..=4, &[left, right])).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    let replaced = memory(PARTITIONS);
    replaced.append(vec![event(1, left), event(33, left), event(2, right), event(4, right)]).await.unwrap();
    assert_eq!(replaced.tails().await.unwrap(), log.tails().await.unwrap());
    assert_eq!(projector(database.store(), &replaced, &fold, 2, 500).catch_up().await.unwrap(), 0);
    let halted = halted(database).await;
    assert!(halted[0].as_deref().unwrap().contains("position 2 of the log is event"), "{halted:?}");
    assert_eq!(halted[1], None);
}

async fn what_is_no_event_halts_behind_what_is_one(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let broker = Broker::new(PARTITIONS, 1_000_000);
    let (log, fold) = (Arc::clone(&broker) as Arc<dyn EventLog>, Arc::new(Chain::default()));
    log.append(dealt(1..=10, &[left, right])).await.unwrap();
    broker.spoiled.lock().unwrap().insert((0, 4));
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    let halted_at = halted(database).await;
    assert!(
        halted_at[0].as_deref().unwrap().contains("partition 0 position 4 is not an event"),
        "{halted_at:?}"
    );
    assert_eq!(
        (database.chains().await[left].as_str(), database.chains().await[right].as_str()),
        ("1 3 5", "2 4 6 8 10")
    );

    broker.spoiled.lock().unwrap().clear();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(
        database.chains().await,
        reference(&*log).await,
        "what was folded before it is not folded again"
    );
    assert_eq!(halted(database).await, [None, None]);
}

async fn a_fold_that_refuses_halts_behind_what_it_took(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let (log, fold) = (memory(PARTITIONS), Arc::new(Chain::default()));
    log.append(dealt(1..=10, &[left, right])).await.unwrap();
    fold.halting.lock().unwrap().insert(5);
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    assert_eq!(halted(database).await, [Some("5 was written by a later release".to_owned()), None]);
    assert_eq!(
        (database.chains().await[left].as_str(), database.chains().await[right].as_str()),
        ("1 3", "2 4 6 8 10")
    );
    assert_eq!(database.letters().await, [], "it is not the event's fault");

    fold.halting.lock().unwrap().clear();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(database.chains().await, reference(&*log).await);
}

async fn a_missing_table_halts_instead_of_parking_everything(database: &Database) {
    database.empty().await;
    let (left, right) = keys();
    let (log, fold) = (memory(PARTITIONS), Arc::new(Chain::default()));
    log.append(dealt(1..=10, &[left, right])).await.unwrap();
    database.client().await.batch_execute("alter table elite.chain rename to gone").await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    assert!(halted(database).await.iter().all(Option::is_some));
    assert_eq!(database.letters().await, []);
    database.client().await.batch_execute("alter table elite.gone rename to chain").await.unwrap();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(database.chains().await, reference(&*log).await);
}
