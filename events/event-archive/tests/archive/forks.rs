//! A log that lost its end: the archive keeps what was lost, and nobody reads it by accident.

use event_archive::ArchiveError;
use event_log::Position;

use crate::given::{Ground, P0, digest_of, events};

/// Positions and salts of what is read.
async fn in_force(ground: &Ground) -> Vec<event_log::Recorded> {
    ground.another().read(P0, Position(1), 1_000).await.unwrap()
}

#[tokio::test]
async fn after_a_fork_the_new_events_count_and_the_old_ones_are_kept_apart() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[40, 60, 90]).await;
    let forked = ground.archive.fork(P0, &chain, Position(47), "the log lost its end").await.unwrap();
    assert_eq!((forked.last(), forked.digest()), (Position(47), digest_of(&events(1..=47, 0))));
    assert_eq!(in_force(&ground).await, events(1..=47, 0));
    let chain = ground.archive.append(P0, &forked, &events(48..=70, 1)).await.unwrap();
    let expected = [events(1..=47, 0), events(48..=70, 1)].concat();
    assert_eq!(in_force(&ground).await, expected);
    assert_eq!(chain.digest(), digest_of(&expected));

    let seen = ground.another().chain(P0).await.unwrap();
    assert_eq!(seen.digest(), chain.digest());
    let mut voids = Vec::new();
    for void in seen.latest_voids() {
        voids.extend(ground.archive.read_void(&seen, void, void.first, 1_000).await.unwrap());
    }
    assert_eq!(voids, events(48..=90, 0));
    let report = ground.another().verify(P0, true, &|_, _| {}).await.unwrap();
    assert_eq!((report.bad, report.segments, report.links), (None, 4, 5));
}

#[tokio::test]
async fn a_fork_of_a_fork_gives_the_latest_voids_and_keeps_the_earlier() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[10, 20]).await;
    let chain = ground.archive.fork(P0, &chain, Position(15), "first").await.unwrap();
    let chain = ground.archive.append(P0, &chain, &events(16..=30, 1)).await.unwrap();
    let chain = ground.archive.fork(P0, &chain, Position(12), "second").await.unwrap();
    assert_eq!(in_force(&ground).await, events(1..=12, 0));
    let ranges = |voids: Vec<&event_archive::Void>| {
        voids.iter().map(|void| (void.first.0, void.last.0)).collect::<Vec<_>>()
    };
    assert_eq!(ranges(chain.voids().iter().collect()), [(16, 20), (13, 15), (16, 30)]);
    assert_eq!(ranges(chain.latest_voids().collect()), [(13, 15), (16, 30)]);
    let reasons: Vec<_> = chain.forks().iter().map(|(index, fork)| (*index, &*fork.reason)).collect();
    assert_eq!(reasons, [(2, "first"), (4, "second")]);
    let nothing = ground.archive.fork(P0, &chain, Position::START, "all of it").await.unwrap();
    assert_eq!((nothing.last(), nothing.last_id(), nothing.segments().len()), (Position(0), None, 0));
    let chain = ground.archive.append(P0, &nothing, &events(1..=3, 2)).await.unwrap();
    assert_eq!(in_force(&ground).await, events(1..=3, 2));
    assert_eq!(chain.digest(), digest_of(&events(1..=3, 2)));
    assert_eq!(ground.another().verify(P0, true, &|_, _| {}).await.unwrap().bad, None);
}

#[tokio::test]
async fn a_reader_that_knew_the_chain_before_the_fork_does_not_read_what_is_void() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[10, 20]).await;
    let reader = ground.another();
    assert_eq!(reader.read(P0, Position(1), 100).await.unwrap().len(), 20);
    let chain = ground.archive.fork(P0, &chain, Position(5), "lost").await.unwrap();
    ground.archive.append(P0, &chain, &events(6..=8, 1)).await.unwrap();
    let expected = [events(1..=5, 0), events(6..=8, 1)].concat();
    assert_eq!(reader.read(P0, Position(1), 100).await.unwrap(), expected);
}

#[tokio::test]
async fn a_fork_is_within_the_archive() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[10]).await;
    for wrong in [10, 11] {
        let refused = ground.archive.fork(P0, &chain, Position(wrong), "why").await;
        assert!(matches!(refused, Err(ArchiveError::Refused(_))), "{refused:?}");
    }
}
