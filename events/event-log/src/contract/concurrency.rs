//! Many at a time: appenders, repeats, readers, a flood, and those who wait.

use std::{collections::HashMap, sync::Arc};

use event_model::PartitionId;
use tokio::task::JoinSet;

use super::{
    Factory,
    support::{
        FOUR_PARTITIONS, ONE_PARTITION, P0, append, assert_sound, event, events, id_of, ids, read_all,
    },
};
use crate::{Appended, EventLog, LogError, Outcome, Position};

const APPENDERS: u128 = 8;
const BATCHES: u128 = 200;

/// Eight appenders with 200 batches each, a tenth of them sent twice: every event is there once, where its answer says,
/// and each key is in the order in which it was appended.
pub async fn concurrent_appenders_lose_repeat_and_reorder_nothing(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let mut appenders = JoinSet::new();
    for appender in 0..APPENDERS {
        let log = Arc::clone(&log);
        appenders.spawn(async move { append_batches(&*log, appender).await });
    }
    let answers: Vec<Appended> = appenders.join_all().await.into_iter().flatten().collect();
    let added = answers.iter().filter(|answer| answer.outcome == Outcome::Added).count();
    let total = assert_sound(&*log).await;
    assert_eq!((added, total as u128), (total, APPENDERS * BATCHES * 3));
    assert_answers_hold(&*log, &answers).await;
    assert_keys_in_order(&*log).await;
}

/// Three events a batch: two of the appender's own key, one of a key that everybody shares.
async fn append_batches(log: &dyn EventLog, appender: u128) -> Vec<Appended> {
    let mut answers = Vec::new();
    for batch in 0..BATCHES {
        let first = (appender << 64) + batch * 3;
        let own = format!("appender {appender}");
        let events = vec![event(first, &own, 20), event(first + 1, "shared", 20), event(first + 2, &own, 20)];
        if batch % 10 == 0 {
            answers.extend(append(log, events.clone()).await);
        }
        answers.extend(append(log, events).await);
    }
    answers
}

async fn assert_answers_hold(log: &dyn EventLog, answers: &[Appended]) {
    let mut places = HashMap::new();
    for partition in (0..log.creation().partitions).map(PartitionId) {
        for recorded in read_all(log, partition).await {
            places.insert(id_of(&recorded), (partition, recorded.position));
        }
    }
    for answer in answers {
        assert_eq!(places.get(&answer.id.as_u128()), Some(&(answer.partition, answer.position)));
    }
}

async fn assert_keys_in_order(log: &dyn EventLog) {
    let mut last: HashMap<(String, u128), u128> = HashMap::new();
    for partition in (0..log.creation().partitions).map(PartitionId) {
        for recorded in read_all(log, partition).await {
            let id = id_of(&recorded);
            let key = recorded.envelope().expect("it is an event").partitionkey.to_string();
            let before = last.insert((key, id >> 64), id);
            assert!(before.is_none_or(|before| before < id), "an appender's events keep their order");
        }
    }
}

/// The same event from many at once is one event, and everybody hears its position.
pub async fn concurrent_repeats_of_one_id_are_added_once(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    for id in 1..=20_u64 {
        let mut repeats = JoinSet::new();
        for _ in 0..8 {
            let log = Arc::clone(&log);
            repeats.spawn(async move { append(&*log, events([u128::from(id)], "key")).await.remove(0) });
        }
        let answers = repeats.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.outcome == Outcome::Added).count(), 1);
        assert!(answers.iter().all(|answer| answer.position == Position(id)));
    }
}

/// Whoever follows the tail sees every event, in order, while it is being written.
pub async fn a_reader_sees_no_gap_while_others_append(factory: &dyn Factory) {
    const TOTAL: u128 = 400;
    let log = factory.fresh(ONE_PARTITION).await;
    let follower = tokio::spawn(follow(Arc::clone(&log), TOTAL));
    let mut appenders = JoinSet::new();
    for appender in 0..4 {
        let log = Arc::clone(&log);
        appenders.spawn(async move {
            for id in (1..=TOTAL).filter(|id| id % 4 == appender) {
                append(&*log, events([id], "key")).await;
            }
        });
    }
    appenders.join_all().await;
    let seen = follower.await.expect("the follower saw everything");
    assert_eq!(seen, ids(&*log, P0).await);
}

async fn follow(log: Arc<dyn EventLog>, total: u128) -> Vec<u128> {
    let mut followed = Vec::new();
    let mut next = Position(1);
    while (followed.len() as u128) < total {
        let version = log.version();
        let read = log.read(P0, next, 7).await.expect("the tail can be followed");
        if read.is_empty() {
            log.changed(version).await;
        }
        for recorded in read {
            assert_eq!(recorded.position, next);
            next = next.next();
            followed.push(id_of(&recorded));
        }
    }
    followed
}

/// More at once than a log holds in memory: every call is answered, `Unavailable` at worst, and what was not
/// acknowledged can be sent again.
pub async fn a_flood_is_answered_and_leaves_no_trace_of_what_was_refused(factory: &dyn Factory) {
    const CALLS: u128 = 150;
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let batch =
        |call: u128| -> Vec<_> { (0..4).map(|n| event(call * 4 + n, &format!("key {n}"), 40_000)).collect() };
    let mut flood = JoinSet::new();
    for call in 0..CALLS {
        let (log, events) = (Arc::clone(&log), batch(call));
        flood.spawn(async move { (call, log.append(events).await) });
    }
    for (call, answer) in flood.join_all().await {
        match answer {
            Ok(answers) => assert_eq!(answers.len(), 4),
            Err(LogError::Unavailable(_)) => assert_eq!(append(&*log, batch(call)).await.len(), 4),
            Err(other) => panic!("an overloaded log is unavailable, not {other:?}"),
        }
    }
    assert_eq!(assert_sound(&*log).await as u128, CALLS * 4);
}

/// The version MUST grow when events are added, so that a change between a look and a wait is not missed.
pub async fn the_version_grows_with_every_append(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    for id in 1..=5 {
        let before = log.version();
        append(&*log, events([id], "key")).await;
        log.changed(before).await;
        assert!(log.version() > before);
    }
}

/// Waiting ends with an append, and does not begin when one has happened since the version was read.
pub async fn somebody_who_waits_is_woken_by_an_append(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    let seen = log.version();
    let waiting = {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            // `changed` may return early; whoever waits looks again.
            while log.version() <= seen {
                log.changed(seen).await;
            }
            log.read(P0, Position(1), 1).await
        })
    };
    append(&*log, events([1], "key")).await;
    let read = waiting.await.expect("the waiting task ends").expect("the log can be read");
    assert_eq!(read.len(), 1, "what woke it can be read");
}
