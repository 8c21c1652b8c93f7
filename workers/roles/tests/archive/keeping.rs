//! What is archived when, and what the log keeps.

use std::{sync::Arc, time::Duration};

use event_archive::SEGMENT_EVENTS_BYTES;
use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_store::lease::Term;
use roles::Retention;

use crate::given::{Ground, PARTITIONS, all, events};

#[tokio::test]
async fn everything_is_archived_and_the_log_keeps_what_it_is_told_to_and_the_last_archived_event() {
    for keep in [0, 7, 1_000] {
        let ground = Ground::new().await;
        let mut archiving = ground.alone(ground.log.clone(), keep, 1);
        let mut before = Vec::new();
        for batch in 0..3 {
            ground.log.append(events(batch * 100..batch * 100 + 100, 50)).await.unwrap();
            before = ground.all().await;
            archiving.round().await.unwrap();
        }
        let tails = ground.log.tails().await.unwrap();
        assert_eq!(ground.ends().await, tails);
        let kept: Vec<Position> =
            tails.iter().map(|tail| Position((tail.0 + 1).saturating_sub(keep.max(1)).max(1))).collect();
        assert_eq!(ground.log.firsts().await.unwrap(), kept, "keep {keep}");
        assert_eq!(ground.all().await, before, "nothing is missing where archive and log are read as one");
        for (state, events) in ground.states().await.iter().zip(&before) {
            assert_eq!(state.position.unsigned_abs(), events.len() as u64);
            assert_eq!(state.halted, None);
        }
        ground.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_young_waits_until_a_segment_is_full_or_somebody_asks() {
    let ground = Ground::new().await;
    let retention = Retention { archive_after: Duration::from_hours(1), keep_events: 0 };
    let mut archiving = ground.archiving(ground.log.clone(), retention, 1, Term::DataDirectoryLock);
    ground.log.append(events(0..100, 50)).await.unwrap();
    archiving.round().await.unwrap();
    assert!(ground.ends().await.iter().all(|end| end.0 == 0), "an hour is not over");

    let archivist = ground.archivist(ground.log.clone());
    for partition in (0..PARTITIONS).map(PartitionId) {
        archivist.archive_all(partition).await.unwrap();
    }
    assert_eq!(ground.ends().await, ground.log.tails().await.unwrap());
    assert!(ground.log.firsts().await.unwrap().iter().all(|first| first.0 == 1), "asking trims nothing");

    // Of one key, so of one partition.
    let large = events((0..300).map(|number| 1_000 + number * 40), 60_000);
    let partition = large[0].partition(PARTITIONS);
    ground.log.append(large).await.unwrap();
    archiving.round().await.unwrap();
    let (ends, tails) = (ground.ends().await, ground.log.tails().await.unwrap());
    let at = usize::from(partition.0);
    assert!(ends[at].0 > 200, "{ends:?} of {tails:?}");
    assert!(ends[at] < tails[at], "the rest is young and less than a segment");
    const { assert!(300 * 60_000 < 2 * SEGMENT_EVENTS_BYTES) };
    ground.assert_sound().await;
}

#[tokio::test]
async fn a_successor_goes_on_where_the_chain_ends_whatever_its_row_says() {
    let ground = Ground::new().await;
    ground.log.append(events(0..200, 50)).await.unwrap();
    // Died between the link and the row.
    let archivist = ground.archivist(ground.log.clone());
    for partition in (0..PARTITIONS).map(PartitionId) {
        archivist.archive_all(partition).await.unwrap();
    }
    ground.log.append(events(200..300, 50)).await.unwrap();
    let before = all(&*ground.log).await;
    for owner in 1..4 {
        ground.alone(Arc::clone(&ground.log) as _, 5, owner).round().await.unwrap();
    }
    assert_eq!(ground.all().await, before);
    let positions: Vec<u64> =
        ground.states().await.iter().map(|state| state.position.unsigned_abs()).collect();
    let tails: Vec<u64> = ground.log.tails().await.unwrap().iter().map(|tail| tail.0).collect();
    assert_eq!(positions, tails);
}
