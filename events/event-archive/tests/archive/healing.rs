//! A log that lost its end gets back what the archive has of it, once, whatever came in between.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use event_archive::{ArchiveError, Healed};
use event_log::{Appended, Creation, EventLog, LogError, MemoryLog, Position, Recorded};
use event_model::{Event, PartitionId};
use proptest::prelude::*;

use crate::given::{Ground, P0, events};

/// A log of the same incarnation that holds `recorded`.
async fn log_of(ground: &Ground, recorded: &[Recorded]) -> MemoryLog {
    let log = MemoryLog::new(ground.creation.clone());
    log.append(recorded.iter().map(event).collect()).await.unwrap();
    log
}

fn event(recorded: &Recorded) -> Event {
    recorded.envelope().unwrap().into_owned()
}

async fn ids(log: &dyn EventLog) -> Vec<u128> {
    ids_in(&log.read(P0, Position(1), 10_000).await.unwrap())
}

fn ids_in(recorded: &[Recorded]) -> Vec<u128> {
    recorded.iter().map(|event| event.envelope().unwrap().id.as_u128()).collect()
}

/// Archives what the log has beyond the archive, as role `archive` does, and expects both to hold the same then.
async fn archive_the_rest(ground: &Ground, log: &MemoryLog) {
    let archive = ground.another();
    let chain = archive.chain(P0).await.unwrap();
    let rest = log.read(P0, chain.last().next(), 10_000).await.unwrap();
    archive.append(P0, &chain, &rest).await.unwrap();
    assert_eq!(ids_in(&archive.read(P0, Position(1), 10_000).await.unwrap()), ids(log).await);
    assert_eq!(archive.verify(P0, true, &|_, _| {}).await.unwrap().bad, None);
}

#[tokio::test]
async fn a_lost_end_comes_back_to_its_old_positions_if_nothing_came_after_it() {
    let ground = Ground::of_log(1);
    ground.with_segments(&[40, 60]).await;
    let log = log_of(&ground, &events(1..=47, 0)).await;
    let looked = ground.another().look_for_loss(&log, P0).await.unwrap();
    assert_eq!((looked.agreed, looked.brought_back, looked.tail), (Position(47), 13, Position(47)));
    assert_eq!(log.tails().await.unwrap(), [Position(47)], "looking changes nothing");
    let healed = ground.another().heal(&log, P0).await.unwrap();
    let expected =
        Healed { partition: P0, agreed: Position(47), brought_back: 13, forked: false, tail: Position(60) };
    assert_eq!(healed, expected);
    assert_eq!(log.read(P0, Position(1), 100).await.unwrap(), events(1..=60, 0), "byte for byte");
    let again = ground.another().heal(&log, P0).await.unwrap();
    assert_eq!((again.agreed, again.brought_back, again.forked), (Position(60), 0, false));
    archive_the_rest(&ground, &log).await;
}

#[tokio::test]
async fn behind_new_events_a_lost_end_gets_new_positions_and_the_archive_forks() {
    let ground = Ground::of_log(1);
    ground.with_segments(&[40, 60]).await;
    // One of the lost was sent again by its producer, and has its old position by chance.
    let mut new = events(48..=52, 1);
    new[2] = events([50], 0).remove(0);
    let log = log_of(&ground, &[events(1..=47, 0), new.clone()].concat()).await;
    let healed = ground.another().heal(&log, P0).await.unwrap();
    assert_eq!(
        (healed.agreed, healed.brought_back, healed.forked, healed.tail),
        (Position(47), 12, true, Position(64))
    );
    let lost = ids_in(&events((48..=49).chain(51..=60), 0));
    assert_eq!(ids(&log).await, [ids_in(&events(1..=47, 0)), ids_in(&new), lost].concat());
    archive_the_rest(&ground, &log).await;
    let again = ground.another().heal(&log, P0).await.unwrap();
    assert_eq!((again.brought_back, again.forked), (0, false));
}

#[tokio::test]
async fn a_log_that_lost_nothing_stays_as_it_is() {
    let ground = Ground::of_log(1);
    ground.with_segments(&[40]).await;
    let log = log_of(&ground, &events(1..=60, 0)).await;
    log.trim(P0, Position(30)).await.unwrap();
    let healed = ground.another().heal(&log, P0).await.unwrap();
    assert_eq!((healed.agreed, healed.brought_back, healed.forked), (Position(40), 0, false));
    let empty = Ground::of_log(1);
    let healed = empty.another().heal(&log_of(&empty, &events(1..=5, 0)).await, P0).await.unwrap();
    assert_eq!((healed.agreed, healed.brought_back, healed.forked), (Position(0), 0, false));
}

#[tokio::test]
async fn a_log_that_was_trimmed_to_what_it_lost_is_healed_from_there() {
    let ground = Ground::of_log(1);
    ground.with_segments(&[40, 60]).await;
    let log = log_of(&ground, &events(1..=45, 0)).await;
    log.trim(P0, Position(46)).await.unwrap();
    let healed = ground.another().heal(&log, P0).await.unwrap();
    assert_eq!((healed.agreed, healed.brought_back, healed.tail), (Position(45), 15, Position(60)));
    assert_eq!(log.read(P0, Position(46), 100).await.unwrap(), events(46..=60, 0));
}

/// A log that takes only so many calls, then none.
struct Breaking {
    log: Arc<MemoryLog>,
    calls_left: AtomicUsize,
}

#[async_trait]
impl EventLog for Breaking {
    fn creation(&self) -> &Creation {
        self.log.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        let left =
            self.calls_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        // Half of what was sent has arrived when the connection breaks.
        let arrived = if left.is_ok() { events.len() } else { events.len() / 2 };
        let answers = self.log.append(events.into_iter().take(arrived).collect()).await?;
        left.map(|_| answers).map_err(|_| LogError::Unavailable("the connection broke".to_owned()))
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

/// Heals with interruptions, and while others append; nothing archived is missing or there twice afterwards.
async fn heal_through_trouble(archived: u64, kept: u64, new: u64, breaks: usize) {
    let ground = Ground::of_log(1);
    ground.with_segments(&[archived]).await;
    let log =
        Arc::new(log_of(&ground, &[events(1..=kept, 0), events(kept + 1..=kept + new, 1)].concat()).await);
    for calls in 0..breaks {
        let breaking = Breaking { log: Arc::clone(&log), calls_left: calls.into() };
        let healed = ground.another().heal(&breaking, P0).await;
        assert!(matches!(healed, Ok(_) | Err(ArchiveError::Log(LogError::Unavailable(_)))), "{healed:?}");
        log.append(vec![event(&events([5_000 + calls as u64], 2)[0])]).await.unwrap();
    }
    ground.another().heal(&*log, P0).await.unwrap();
    let mut found = ids(&*log).await;
    archive_the_rest(&ground, &log).await;
    found.sort_unstable();
    let mut expected =
        ids_in(&[events(1..=archived.max(kept), 0), events(kept + 1..=kept + new, 1)].concat());
    expected.extend(ids_in(&events((0..breaks).map(|calls| 5_000 + calls as u64), 2)));
    expected.sort_unstable();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_breaks_off_and_comes_in_between_nothing_archived_is_lost_or_doubled(
        archived in 1_u64..60, kept in 0_u64..60, new in 0_u64..20, breaks in 0_usize..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(heal_through_trouble(archived, kept.min(archived), new, breaks));
    }
}
