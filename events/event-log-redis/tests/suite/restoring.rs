//! A log that was lost and is made anew from what is known of it.

use event_log::{Creation, CreationOptions, EventLog, LogError, Outcome, Position, RepeatWindow};
use event_log_redis::{RedisLog, RedisLogOptions, Restoration};
use event_model::PartitionId;
use servers::{Fsync, RedisCluster, RedisOptions, RedisServer};
use uuid::Uuid;

use crate::support::{ClockOfTests, FOUR_PARTITIONS, P0, append, event, events, insist, open};

const WINDOW_OF_TEN: CreationOptions = CreationOptions { partitions: 1, repeats: RepeatWindow(10) };

fn server() -> RedisServer {
    RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() })
}

async fn restore(url: &str, creation: &Creation) -> Result<Restoration, LogError> {
    let wanted = CreationOptions { partitions: creation.partitions, repeats: creation.repeats };
    let options = RedisLogOptions { url: url.into(), creation: wanted, create: false };
    RedisLog::restore(options, creation.clone(), &ClockOfTests).await
}

/// Ids as positions: what an archive tells of a partition whose events were numbered from 1.
fn numbered(positions: impl IntoIterator<Item = u64>) -> Vec<(Uuid, Position)> {
    positions.into_iter().map(|at| (Uuid::from_u128(at.into()), Position(at))).collect()
}

/// Restores a log of one partition, whose events were numbered from 1 to `tail`.
async fn restored(url: &str, creation: &Creation, tail: u64) {
    let mut restoration = restore(url, creation).await.unwrap();
    restoration.partition(P0, Position(tail)).await.unwrap();
    for ids in numbered(1..=tail).chunks(7) {
        restoration.remember(P0, ids).await.unwrap();
    }
    restoration.finish().await.unwrap();
}

fn refused<T>(answer: Result<T, LogError>, words: &str) {
    match answer {
        Err(LogError::Refused(said)) => assert!(said.contains(words), "{said}"),
        Err(error) => panic!("refused, not {error:?}"),
        Ok(_) => panic!("refused, not done"),
    }
}

#[tokio::test]
async fn a_restored_log_goes_on_knows_repeats_and_says_that_the_rest_is_in_the_archive() {
    let server = server();
    for tail in [1_u64, 9, 10, 11, 19, 20, 25, 30] {
        server.ask(&["FLUSHALL"]);
        let old = open(&server.url(), WINDOW_OF_TEN).await.unwrap();
        let creation = old.creation().clone();
        // The archive lacks the last three, which `old` knows of.
        append(&old, events(1..=u128::from(tail) + 3)).await;
        server.ask(&["FLUSHALL"]);
        restored(&server.url(), &creation, tail).await;
        let log = open(&server.url(), WINDOW_OF_TEN).await.unwrap();
        assert_eq!(log.creation(), &creation);
        assert_eq!(
            (log.tails().await.unwrap()[0], log.firsts().await.unwrap()[0].0),
            (Position(tail), tail + 1)
        );
        for gone in [1, tail] {
            let read = log.read(P0, Position(gone), 5).await;
            assert!(matches!(read, Err(LogError::Trimmed { first, .. }) if first.0 == tail + 1), "{read:?}");
        }
        assert!(log.read(P0, Position(tail + 1), 5).await.unwrap().is_empty());
        for again in tail.saturating_sub(9).max(1)..=tail {
            let answer = append(&log, events([u128::from(again)])).await.remove(0);
            assert_eq!((answer.outcome, answer.position), (Outcome::Duplicate, Position(again)), "of {tail}");
        }
        let answers = append(&old, events([900, 901])).await;
        assert_eq!(answers[1].position, Position(tail + 2), "who has it open goes on, too");
        if tail >= 11 {
            let answers = append(&log, events([u128::from(tail) - 9])).await;
            assert_eq!(answers[0].outcome, Outcome::Added, "it is older than the window now");
        }
        log.mirror("project", &[(P0, Position(tail))]).await.unwrap();
        let lag = log.tails().await.unwrap()[0].0 - tail;
        let groups = server.ask(&["XINFO", "GROUPS", "elite:{0}:events"]);
        assert!(groups.contains(&format!("lag\n{lag}")), "{lag} of {groups}");
    }
}

#[tokio::test]
async fn nothing_is_restored_over_a_log_or_a_part_of_one() {
    let server = server();
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    append(&log, events(1..=3)).await;
    let creation = log.creation().clone();
    refused(restore(&server.url(), &creation).await, "there is a log");
    server.ask(&["DEL", "elite:log"]);
    refused(restore(&server.url(), &creation).await, "there is a log");
    server.ask(&["FLUSHALL"]);
    let other = RedisLogOptions { url: server.url(), creation: WINDOW_OF_TEN, create: false };
    refused(RedisLog::restore(other, creation.clone(), &ClockOfTests).await, "4 partitions");

    let mut restoration = restore(&server.url(), &creation).await.unwrap();
    refused(restoration.remember(P0, &numbered([1])).await, "was not begun");
    restoration.partition(P0, Position(5)).await.unwrap();
    refused(restoration.partition(P0, Position(5)).await, "already");
    refused(restoration.remember(P0, &numbered([6])).await, "ends at 5");
    let nowhere = restoration.partition(PartitionId(4), Position(5)).await;
    assert!(matches!(nowhere, Err(LogError::NoPartition(_))), "{nowhere:?}");
    restoration.remember(P0, &numbered(1..=4)).await.unwrap();
    restoration.remember(P0, &numbered([2])).await.unwrap();
    refused(restoration.finish().await, "the ids after 4 were not given");
    let mut restoration = restore(&server.url(), &creation).await.unwrap();
    restoration.partition(P0, Position::START).await.unwrap();
    refused(restoration.finish().await, "partition 1 was not restored");
}

#[tokio::test]
async fn a_restore_that_broke_off_leaves_a_log_that_takes_nothing_and_is_begun_again() {
    let server = server();
    let old = open(&server.url(), WINDOW_OF_TEN).await.unwrap();
    let creation = old.creation().clone();
    append(&old, events(1..=30)).await;
    server.ask(&["FLUSHALL"]);
    let mut broken = restore(&server.url(), &creation).await.unwrap();
    refused(old.append(events([40])).await, "was lost");
    broken.partition(P0, Position(48)).await.unwrap();
    broken
        .remember(P0, &[(Uuid::from_u128(77), Position(27)), (Uuid::from_u128(78), Position(47))])
        .await
        .unwrap();
    drop(broken);
    refused(open(&server.url(), WINDOW_OF_TEN).await, "elite restore");
    refused(old.append(events([40])).await, "was lost");
    let another = Creation { incarnation: Uuid::from_u128(1), ..creation.clone() };
    refused(restore(&server.url(), &another).await, "half restored");

    restored(&server.url(), &creation, 25).await;
    refused(restore(&server.url(), &creation).await, "there is a log");
    let ids = server.ask(&["KEYS", "elite:{0}:ids:*"]);
    assert!(ids.contains(":1") && ids.contains(":2") && !ids.contains(":4"), "{ids}");
    let log = open(&server.url(), WINDOW_OF_TEN).await.unwrap();
    let answers = append(&log, events([77, 25])).await;
    assert_eq!(
        (answers[0].outcome, answers[0].position),
        (Outcome::Added, Position(26)),
        "no id is left over"
    );
    assert_eq!(answers[1].outcome, Outcome::Duplicate);
}

#[tokio::test]
async fn a_restore_that_broke_off_at_the_very_end_is_completed_by_whoever_opens_the_log() {
    let server = server();
    let creation = FOUR_PARTITIONS.create(&ClockOfTests).unwrap();
    let mut restoration = restore(&server.url(), &creation).await.unwrap();
    for partition in (0..4).map(PartitionId) {
        let tail = u64::from(partition.0);
        restoration.partition(partition, Position(tail)).await.unwrap();
        restoration.remember(partition, &numbered(1..=tail)).await.unwrap();
    }
    restoration.finish().await.unwrap();
    // As if it had died before the last two partitions, and something was appended to the first meanwhile.
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let key = (0..1_000)
        .map(|number| format!("key {number}"))
        .find(|key| event(0, key).partition(4) == P0)
        .unwrap();
    append(&log, vec![event(5, &key)]).await;
    server.ask(&["HSET", "elite:log", "state", "filled"]);
    for partition in ["2", "3"] {
        let hash = format!("elite:{{{partition}}}:log");
        server.ask(&["HSET", &hash, "restoring", partition]);
        server.ask(&["HDEL", &hash, "tail", "first", "timeline"]);
    }
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    assert_eq!(log.tails().await.unwrap(), [1, 1, 2, 3].map(Position));
    assert_eq!(log.firsts().await.unwrap(), [1, 2, 3, 4].map(Position));
    assert_eq!(server.ask(&["HGET", "elite:log", "state"]).trim(), "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_restored_and_a_restored_log_survives_a_restart() {
    let mut cluster = RedisCluster::start(Fsync::Always);
    let creation = FOUR_PARTITIONS.create(&ClockOfTests).unwrap();
    let mut restoration = restore(&cluster.url(), &creation).await.unwrap();
    for partition in (0..4).map(PartitionId) {
        restoration.partition(partition, Position(3_000)).await.unwrap();
        restoration.remember(partition, &numbered(1..=3_000)).await.unwrap();
    }
    restoration.finish().await.unwrap();
    for node in 0..3 {
        cluster.node(node).kill();
        cluster.node(node).restart();
    }
    cluster.wait_until_whole();
    let log = open(&cluster.url(), FOUR_PARTITIONS).await.unwrap();
    assert_eq!(log.tails().await.unwrap(), [Position(3_000); 4]);
    let batch = (2_991..=3_010).map(|id| event(id, &format!("key {id}"))).collect();
    let answers = insist(&log, batch).await;
    assert!(answers.iter().all(|answer| {
        let is_repeat = answer.id.as_u128() <= 3_000;
        (answer.outcome == Outcome::Duplicate) == is_repeat && (answer.position.0 <= 3_000) == is_repeat
    }));
}
