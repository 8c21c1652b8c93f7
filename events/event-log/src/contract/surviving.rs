//! What is left after a restart.

use super::{
    Factory,
    support::{FOUR_PARTITIONS, ONE_PARTITION, P0, WINDOW_OF_FIVE, append, assert_sound, event, events, ids},
};
use crate::{LogError, Outcome, Position};

/// A reopened log has the same creation record and the same events.
pub async fn a_reopened_log_has_its_identity_and_every_event(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    for id in 1..=50 {
        append(&*log, vec![event(id, &format!("key {id}"), 20)]).await;
    }
    let (creation, tails) = (log.creation().clone(), log.tails().await.expect("tails are known"));
    let log = factory.reopen(log).await;
    assert_eq!(log.creation(), &creation);
    assert_eq!(log.tails().await.expect("tails are known"), tails);
    assert_eq!(assert_sound(&*log).await, 50);
}

/// Repeats are recognised across a restart, with the same window.
pub async fn a_reopened_log_still_knows_repeats(factory: &dyn Factory) {
    let log = factory.fresh(WINDOW_OF_FIVE).await;
    append(&*log, events(1..=6, "key")).await;
    let log = factory.reopen(log).await;
    let answers = append(&*log, events([2, 1], "key")).await;
    assert_eq!((answers[0].outcome, answers[0].position), (Outcome::Duplicate, Position(2)));
    assert_eq!((answers[1].outcome, answers[1].position), (Outcome::Added, Position(7)));
}

/// Positions MUST never be given to another event: appending goes on after the last one.
pub async fn a_reopened_log_goes_on_where_it_ended(factory: &dyn Factory) {
    let mut log = factory.fresh(ONE_PARTITION).await;
    for restart in 0..4_u64 {
        let first = u128::from(restart) * 10;
        let answers = append(&*log, events(first..first + 10, "key")).await;
        assert_eq!(answers[0].position, Position(restart * 10 + 1));
        log = factory.reopen(log).await;
    }
    assert_eq!(ids(&*log, P0).await, (0..40).collect::<Vec<_>>());
}

/// Where the end of what was written can be lost, the log opens as a gapless prefix that goes on, or is refused as
/// damaged; it never opens with a hole.
pub async fn a_torn_tail_leaves_a_gapless_prefix(factory: &dyn Factory) {
    for lost_bytes in [1, 30, 200, 1_000, 5_000] {
        let log = factory.fresh(ONE_PARTITION).await;
        for id in 1..=20 {
            append(&*log, events([id], "key")).await;
        }
        let log = match factory.torn(log, lost_bytes).await {
            None => return,
            Some(Err(LogError::Damaged(_))) => continue,
            Some(log) => log.expect("a torn log opens, or is damaged"),
        };
        let left = ids(&*log, P0).await;
        assert_eq!(left, (1..=20).take(left.len()).collect::<Vec<_>>());
        let again = append(&*log, events(1..=20, "key")).await;
        let added = again.iter().filter(|answer| answer.outcome == Outcome::Added).count();
        assert_eq!(added, 20 - left.len(), "what was lost is taken again, what is there is a repeat");
        assert_eq!(assert_sound(&*log).await, 20);
    }
}
