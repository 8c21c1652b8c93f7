//! What is archived is read back, however it was cut, and only what continues a chain is archived.

use event_archive::{Archive, ArchiveError, SEGMENT_EVENTS_BYTES};
use event_log::{Clock, CreationOptions, ManualClock, Position, RepeatWindow};
use event_model::PartitionId;
use proptest::prelude::*;

use crate::given::{Ground, P0, digest_of, events, recorded};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_archived_in_whatever_portions_is_read_back(
        portions in prop::collection::vec(1..400_u64, 1..6),
        reads in prop::collection::vec((1..2_000_u64, 0..900_usize), 20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = Ground::new();
            let ends: Vec<u64> = portions.iter().scan(0, |end, portion| { *end += portion; Some(*end) }).collect();
            let chain = ground.with_segments(&ends).await;
            let last = *ends.last().unwrap();
            let all = events(1..=last, 0);
            prop_assert_eq!(chain.digest(), digest_of(&all));
            let archive = ground.another();
            for (from, limit) in reads {
                let from = from % (last + 1) + 1;
                let expected: Vec<_> = all.iter().skip(usize::try_from(from).unwrap() - 1).take(limit).cloned().collect();
                prop_assert_eq!(archive.read(P0, Position(from), limit).await.unwrap(), expected);
                let at = Position(from - 1);
                let (digest, id) = archive.digest_at(&chain, at).await.unwrap();
                let before = &all[..usize::try_from(at.0).unwrap()];
                prop_assert_eq!(digest, digest_of(before));
                prop_assert_eq!(id, before.last().map(|event| event.envelope().unwrap().id));
            }
            let report = archive.verify(P0, true, &|_, _| {}).await.unwrap();
            prop_assert_eq!((report.bad, report.last, report.digest), (None, Position(last), chain.digest()));
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_partition_has_a_chain_of_its_own() {
    let ground = Ground::new();
    ground.with_segments(&[10]).await;
    let second = PartitionId(1);
    let chain = ground.archive.chain(second).await.unwrap();
    assert_eq!((chain.last(), chain.links()), (Position(0), 0));
    let own = [recorded(second, 1, 7), recorded(second, 2, 7)];
    ground.archive.append(second, &chain, &own).await.unwrap();
    assert_eq!(ground.another().read(second, Position(1), 10).await.unwrap(), own);
    assert_eq!(ground.another().read(P0, Position(1), 100).await.unwrap(), events(1..=10, 0));
    assert!(matches!(ground.archive.chain(PartitionId(2)).await, Err(ArchiveError::Refused(_))));
}

#[tokio::test]
async fn what_does_not_continue_the_chain_is_refused_and_changes_nothing() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[10]).await;
    let (before, elsewhere) = (ground.files(), recorded(PartitionId(1), 11, 0));
    for wrong in [events(10..=12, 0), events(12..=13, 0), events([11, 13], 0), vec![elsewhere]] {
        let refused = ground.archive.append(P0, &chain, &wrong).await;
        assert!(matches!(refused, Err(ArchiveError::Refused(_))), "{refused:?}");
    }
    let mut broken = events(11..=12, 0);
    broken[1].json = "{\"id\":1".into();
    assert!(ground.archive.append(P0, &chain, &broken).await.is_err(), "what is no event is not archived");
    assert_eq!(ground.files(), before);
    assert_eq!(ground.archive.append(P0, &chain, &[]).await.unwrap().links(), 1);
}

#[tokio::test]
async fn what_is_asked_for_beyond_the_end_is_missing() {
    let ground = Ground::new();
    ground.with_segments(&[10]).await;
    assert_eq!(ground.archive.read(P0, Position(11), 5).await.unwrap(), []);
    for from in [0, 12, u64::MAX] {
        let read = ground.archive.read(P0, Position(from), 5).await;
        assert!(matches!(read, Err(ArchiveError::Missing { last: Position(10), .. })), "{from}: {read:?}");
    }
}

#[tokio::test]
async fn more_than_a_segment_holds_becomes_several() {
    let ground = Ground::new();
    let mut large = events(1..=40, 0);
    for event in &mut large {
        let text = format!(
            "{},\"more\":\"{}\"}}",
            &String::from_utf8_lossy(&event.json[..event.json.len() - 1]),
            "x".repeat(1_000_000)
        );
        event.json = text.into();
    }
    let chain = ground.archive.chain(P0).await.unwrap();
    let chain = ground.archive.append(P0, &chain, &large).await.unwrap();
    assert_eq!(chain.links(), 3);
    for span in chain.segments() {
        assert!(span.segment.events_bytes < (SEGMENT_EVENTS_BYTES + 1_100_000) as u64);
    }
    assert_eq!(ground.another().read(P0, Position(1), 100).await.unwrap(), large);
}

#[tokio::test]
async fn an_archive_has_the_record_of_its_log_and_takes_no_other() {
    let ground = Ground::new();
    assert_eq!(Archive::logs(&ground.blobs).await.unwrap(), []);
    ground.archive.begin().await.unwrap();
    ground.another().begin().await.unwrap();
    let mut other = ground.creation.clone();
    other.partitions += 1;
    let refused = Archive::new(&ground.blobs, &other).begin().await;
    assert!(matches!(refused, Err(ArchiveError::Refused(_))), "{refused:?}");
    let clock = ManualClock::default();
    // A manual clock moves, and draws other ids, when it is looked at.
    clock.fresh_id();
    let later = CreationOptions { partitions: 4, repeats: RepeatWindow(5) }.create(&clock).unwrap();
    assert_ne!(later.incarnation, ground.creation.incarnation);
    Archive::new(&ground.blobs, &later).begin().await.unwrap();
    assert_eq!(Archive::logs(&ground.blobs).await.unwrap(), [ground.creation.clone(), later]);
}
