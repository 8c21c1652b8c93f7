//! Several archivers at once, and archivers that die.

use event_archive::{Archive, ArchiveError};
use event_log::Position;

use crate::given::{Ground, P0, events};

/// Archives up to `end` in portions of `portion`, whoever else does; returns how often it was overtaken.
async fn archive_all(archive: Archive, end: u64, portion: u64) -> u32 {
    let mut overtaken = 0;
    loop {
        let chain = archive.chain(P0).await.unwrap();
        let from = chain.last().0 + 1;
        if from > end {
            return overtaken;
        }
        match archive.append(P0, &chain, &events(from..=end.min(from + portion - 1), 0)).await {
            Ok(_) => {}
            Err(ArchiveError::Overtaken { .. }) => overtaken += 1,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn archivers_at_the_same_moment_make_one_chain() {
    let ground = Ground::new();
    let archivers: Vec<_> =
        [7, 7, 11, 13].map(|portion| tokio::spawn(archive_all(ground.another(), 300, portion))).into();
    let mut overtaken = 0;
    for archiver in archivers {
        overtaken += archiver.await.unwrap();
    }
    assert!(overtaken > 0, "nobody was in anybody's way");
    assert_eq!(ground.another().read(P0, Position(1), 1_000).await.unwrap(), events(1..=300, 0));
    assert_eq!(ground.another().verify(P0, true, &|_, _| {}).await.unwrap().bad, None);
}

#[tokio::test]
async fn a_segment_whose_link_was_never_written_changes_nothing() {
    let ground = Ground::new();
    ground.with_segments(&[10, 20]).await;
    let link =
        ground.files().into_iter().rfind(|file| file.extension().is_some_and(|it| it == "json")).unwrap();
    // As after a crash before the link was written.
    std::fs::remove_file(link).unwrap();
    let archive = ground.another();
    let chain = archive.chain(P0).await.unwrap();
    assert_eq!(chain.last(), Position(10));
    assert_eq!(archive.verify(P0, true, &|_, _| {}).await.unwrap().bad, None);
    let chain = archive.append(P0, &chain, &events(11..=15, 0)).await.unwrap();
    assert_eq!(chain.last(), Position(15));
    archive.append(P0, &chain, &events(16..=20, 0)).await.unwrap();
    assert_eq!(ground.another().read(P0, Position(1), 100).await.unwrap(), events(1..=20, 0));
}

#[tokio::test]
async fn a_segment_that_a_dead_archiver_left_broken_is_written_anew() {
    let ground = Ground::new();
    ground.with_segments(&[10]).await;
    let files = ground.files();
    let broken = files.iter().find(|file| file.extension().is_some_and(|it| it == "seg")).unwrap();
    std::fs::write(broken, b"half of").unwrap();
    std::fs::remove_file(files.iter().find(|file| file.extension().is_some_and(|it| it == "json")).unwrap())
        .unwrap();
    let archive = ground.another();
    let chain = archive.chain(P0).await.unwrap();
    archive.append(P0, &chain, &events(1..=10, 0)).await.unwrap();
    assert_eq!(ground.files(), files, "the same segment has the same name");
    assert_eq!(ground.another().read(P0, Position(1), 100).await.unwrap(), events(1..=10, 0));
}
