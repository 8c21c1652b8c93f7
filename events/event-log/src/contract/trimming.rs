//! What trimming lets go of, and what it leaves as it was. A log that keeps everything passes by.

use std::sync::Arc;

use super::{
    Factory,
    support::{FOUR_PARTITIONS, ONE_PARTITION, P0, WINDOW_OF_FIVE, append, event, events, id_of, read_all},
};
use crate::{EventLog, LogError, Outcome, Position};

/// A log of one partition that holds `events` and lets go of some; `None` if it keeps everything.
async fn trimmed(factory: &dyn Factory, last: u128, first: u64) -> Option<Arc<dyn EventLog>> {
    let log = factory.fresh(ONE_PARTITION).await;
    append(&*log, events(1..=last, "key")).await;
    let there = log.trim(P0, Position(first)).await.expect("what was archived can be trimmed");
    assert!(there <= Position(first), "a trim MUST let go of nothing that it was not asked to let go of");
    (there == Position(first)).then_some(log)
}

/// Every position before `first` is `Trimmed`, and every one from there to `tail` is read.
async fn assert_begins(log: &dyn EventLog, first: u64, tail: u64) {
    assert_eq!(log.firsts().await.expect("firsts are known"), [Position(first)]);
    assert_eq!(log.tails().await.expect("tails are known"), [Position(tail)]);
    for gone in (1..first).take(3).chain((1..first).rev().take(3)) {
        match log.read(P0, Position(gone), 100).await {
            Err(LogError::Trimmed { partition: P0, position: Position(asked), first: Position(said) }) => {
                assert_eq!((asked, said), (gone, first));
            }
            other => panic!("position {gone} was trimmed up to {first}, got {other:?}"),
        }
    }
    let mut next = Position(first);
    while next.0 <= tail {
        let read = log.read(P0, next, 7).await.expect("what was not trimmed is read");
        assert!(read.iter().zip(next.0..).all(|(event, position)| event.position.0 == position));
        next = read.last().expect("there is more up to the tail").position.next();
    }
    assert!(log.read(P0, Position(tail + 1), 7).await.expect("the tail can be waited at").is_empty());
}

/// What was let go of MUST be `Trimmed`; tails and positions stay, and other partitions do, too.
pub async fn what_was_trimmed_is_said_to_be_and_the_rest_is_as_before(factory: &dyn Factory) {
    let Some(log) = trimmed(factory, 40, 18).await else { return };
    assert_begins(&*log, 18, 40).await;
    let read = log.read(P0, Position(18), 100).await.expect("it is there");
    assert_eq!(read.iter().map(id_of).collect::<Vec<_>>(), (18..=40).collect::<Vec<_>>());
    assert_eq!(append(&*log, events([41], "key")).await[0].position, Position(41));
    assert_begins(&*log, 18, 41).await;

    let log = factory.fresh(FOUR_PARTITIONS).await;
    append(&*log, (1..=80).map(|id| event(id, &format!("key {id}"), 20)).collect()).await;
    let tails = log.tails().await.expect("tails are known");
    let (first, others) = (event(1, "key 1", 20).partition(4), (0..4).map(event_model::PartitionId));
    log.trim(first, Position(3)).await.expect("what was archived can be trimmed");
    assert_eq!(log.tails().await.expect("tails are known"), tails);
    for other in others.filter(|other| *other != first) {
        assert_eq!(read_all(&*log, other).await.len() as u64, tails[usize::from(other.0)].0);
    }
    let nowhere = log.trim(event_model::PartitionId(4), Position(2)).await;
    assert!(matches!(nowhere, Err(LogError::NoPartition(_))), "{nowhere:?}");
}

/// Repeats stay as they were: an id inside the window is refused although its event was trimmed.
pub async fn what_was_trimmed_is_still_a_repeat(factory: &dyn Factory) {
    let log = factory.fresh(WINDOW_OF_FIVE).await;
    append(&*log, events(1..=8, "key")).await;
    if log.trim(P0, Position(8)).await.expect("what was archived can be trimmed") != Position(8) {
        return;
    }
    let answers = append(&*log, events([4, 8, 1], "key")).await;
    let got: Vec<_> = answers.iter().map(|answer| (answer.outcome, answer.position.0)).collect();
    assert_eq!(got, [(Outcome::Duplicate, 4), (Outcome::Duplicate, 8), (Outcome::Added, 9)]);
}

/// A trim never brings anything back, and nothing beyond the tail is ever gone.
pub async fn a_trim_goes_forward_only_and_stops_at_the_tail(factory: &dyn Factory) {
    let Some(log) = trimmed(factory, 20, 11).await else { return };
    for earlier in [0, 1, 10, 11] {
        assert_eq!(log.trim(P0, Position(earlier)).await.expect("nothing is to be done"), Position(11));
    }
    assert_begins(&*log, 11, 20).await;
    for beyond in [22, 1_000, u64::MAX] {
        assert_eq!(log.trim(P0, Position(beyond)).await.expect("it stops at the tail"), Position(21));
    }
    assert_begins(&*log, 21, 20).await;
}

/// A partition that holds nothing any more is not a new one.
pub async fn a_partition_trimmed_to_its_end_goes_on(factory: &dyn Factory) {
    let Some(mut log) = trimmed(factory, 20, 21).await else { return };
    assert_begins(&*log, 21, 20).await;
    log = factory.reopen(log).await;
    assert_begins(&*log, 21, 20).await;
    let answers = append(&*log, events([20, 21, 22], "key")).await;
    let got: Vec<_> = answers.iter().map(|answer| (answer.outcome, answer.position.0)).collect();
    assert_eq!(got, [(Outcome::Duplicate, 20), (Outcome::Added, 21), (Outcome::Added, 22)]);
    assert_begins(&*log, 21, 22).await;
}

/// A read that meets a trim gives events, or says that they were trimmed; it is never told that anything is missing.
pub async fn a_reader_under_a_trim_reads_on_or_hears_of_it(factory: &dyn Factory) {
    const EVENTS: u64 = 400;
    let Some(log) = trimmed(factory, u128::from(EVENTS), 2).await else { return };
    let trimming = Arc::clone(&log);
    let trimming = tokio::spawn(async move {
        for first in (3..=EVENTS + 1).step_by(2) {
            trimming.trim(P0, Position(first)).await.expect("what was archived can be trimmed");
        }
    });
    let mut next = Position(1);
    while next.0 <= EVENTS {
        match log.read(P0, next, 5).await {
            Ok(read) => {
                assert_eq!(read.first().map(|event| event.position), Some(next));
                next = read.last().expect("it is not empty").position.next();
            }
            Err(LogError::Trimmed { position, first, .. }) => {
                assert!(position == next && first > next, "{first} is after {next}");
                next = first;
            }
            Err(error) => panic!("position {next}: {error:?}"),
        }
        tokio::task::yield_now().await;
    }
    trimming.await.expect("the trims succeed");
}

/// A restart brings back nothing of what was trimmed, and loses nothing else.
pub async fn a_reopened_log_remembers_what_was_trimmed(factory: &dyn Factory) {
    let Some(mut log) = trimmed(factory, 30, 9).await else { return };
    for (first, last) in [(9, 30), (17, 31), (17, 32)] {
        log.trim(P0, Position(first)).await.expect("what was archived can be trimmed");
        append(&*log, events([last], "key")).await;
        log = factory.reopen(log).await;
        assert_begins(&*log, first, u64::try_from(last).expect("a small number")).await;
    }
}
