//! What an append does: positions, order, answers, repeats.

use event_model::partition_of;
use uuid::Uuid;

use super::{
    Factory,
    support::{FOUR_PARTITIONS, ONE_PARTITION, P0, WINDOW_OF_FIVE, append, assert_sound, event, events, ids},
};
use crate::{Outcome, Position};

/// Positions MUST be gapless within a partition, from 1.
pub async fn positions_are_gapless_from_one_in_every_partition(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    for id in 1..=100 {
        append(&*log, vec![event(id, &format!("key {}", id % 17), 20)]).await;
    }
    assert_eq!(assert_sound(&*log).await, 100);
    let tails = log.tails().await.expect("tails are known");
    assert!(tails.iter().all(|tail| *tail > Position::START), "17 keys reach all four partitions: {tails:?}");
}

/// The answers are in the order of the given events.
pub async fn the_answer_is_in_the_order_of_the_events_and_names_their_partition(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let batch: Vec<_> = (1..=40).map(|id| event(id, &format!("key {id}"), 20)).collect();
    let answers = append(&*log, batch.clone()).await;
    assert_eq!(answers.len(), batch.len());
    for (event, answer) in batch.iter().zip(&answers) {
        assert_eq!((answer.id, answer.outcome), (event.id, Outcome::Added));
        assert_eq!(answer.partition, partition_of(&event.tenant, &event.partitionkey, 4));
        let read = log.read(answer.partition, answer.position, 1).await.expect("an answered event is there");
        assert_eq!(read[0].envelope().expect("it is an event").id, event.id);
    }
}

/// Appending MUST be atomic per partition and call, and keep the order of the given events.
pub async fn a_batch_is_all_or_nothing_and_keeps_its_order(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    append(&*log, events([5, 3, 9, 1], "key")).await;
    append(&*log, events([2, 8], "another")).await;
    assert_eq!(ids(&*log, P0).await, [5, 3, 9, 1, 2, 8]);
}

/// An append of nothing MUST be answered with nothing.
pub async fn an_empty_append_changes_nothing(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    assert!(append(&*log, Vec::new()).await.is_empty());
    assert_eq!(log.tails().await.expect("tails are known"), [Position::START]);
}

/// An id that the window holds MUST be refused: at its end, within the same call, and in the same batch as new ones.
pub async fn an_id_inside_the_repeat_window_is_refused(factory: &dyn Factory) {
    let log = factory.fresh(WINDOW_OF_FIVE).await;
    append(&*log, events(1..=5, "key")).await;
    let repeat = append(&*log, events([1], "key")).await;
    assert_eq!(repeat[0].outcome, Outcome::Duplicate, "the last five positions hold it");
    let answers = append(&*log, events([6, 6, 5, 7, 6], "key")).await;
    let outcomes: Vec<_> = answers.iter().map(|answer| (answer.outcome, answer.position.0)).collect();
    let (added, duplicate) = (Outcome::Added, Outcome::Duplicate);
    assert_eq!(outcomes, [(added, 6), (duplicate, 6), (duplicate, 5), (added, 7), (duplicate, 6)]);
    assert_eq!(ids(&*log, P0).await, (1..=7).collect::<Vec<_>>());
}

/// A duplicate MUST answer the position of the first, with the durability a new event gets.
pub async fn a_duplicate_answers_the_position_of_the_first(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let batch: Vec<_> = (1..=10).map(|id| event(id, &format!("key {id}"), 20)).collect();
    let first = append(&*log, batch.clone()).await;
    let second = append(&*log, batch.into_iter().rev().collect()).await;
    for (first, second) in first.iter().zip(second.iter().rev()) {
        assert_eq!((first.outcome, second.outcome), (Outcome::Added, Outcome::Duplicate));
        assert_eq!(first.position, second.position);
        assert_eq!(
            (first.id, first.partition, first.durability),
            (second.id, second.partition, second.durability)
        );
    }
    assert_eq!(assert_sound(&*log).await, 10);
}

/// An id older than the window MUST be accepted, and is then recognised at its new position.
pub async fn an_id_beyond_the_repeat_window_is_accepted_again(factory: &dyn Factory) {
    let log = factory.fresh(WINDOW_OF_FIVE).await;
    append(&*log, events(1..=6, "key")).await;
    let again = append(&*log, events([1], "key")).await;
    assert_eq!((again[0].outcome, again[0].position), (Outcome::Added, Position(7)));
    let repeat = append(&*log, events([1], "key")).await;
    assert_eq!((repeat[0].outcome, repeat[0].position), (Outcome::Duplicate, Position(7)));
    // The window moves within one call as well.
    let answers = append(&*log, events([11, 12, 13, 14, 15, 1, 11], "key")).await;
    let positions: Vec<u64> = answers.iter().map(|answer| answer.position.0).collect();
    assert_eq!(positions, [8, 9, 10, 11, 12, 13, 14]);
    assert_eq!(ids(&*log, P0).await, [1, 2, 3, 4, 5, 6, 1, 11, 12, 13, 14, 15, 1, 11]);
}

/// Ids are recognised per partition, because order and windows are.
pub async fn the_same_id_under_another_key_is_another_event(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let home = event(1, "key 0", 20);
    let elsewhere = (1..100)
        .map(|n| event(1, &format!("key {n}"), 20))
        .find(|other| other.partition(4) != home.partition(4))
        .expect("100 keys reach two partitions");
    let answers = append(&*log, vec![home, elsewhere]).await;
    assert!(answers.iter().all(|answer| answer.outcome == Outcome::Added && answer.id == Uuid::from_u128(1)));
}
