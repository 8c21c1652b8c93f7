//! What happens when something is gone: the server, its scripts, entries of a stream, the end of the log.

use event_log::{EventLog, LogError, Outcome, Position};
use servers::{Fsync, RedisOptions, RedisServer};

use crate::support::{FOUR_PARTITIONS, ONE_PARTITION, P0, added, append, event, events, ids, insist, open};

fn server() -> RedisServer {
    RedisServer::start(RedisOptions::default())
}

#[tokio::test]
async fn a_server_that_was_killed_goes_on_without_a_gap_and_knows_repeats() {
    let mut server = server();
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let batch = |first: u128| -> Vec<_> {
        (first..first + 20).map(|id| event(id, &format!("key {}", id % 7))).collect()
    };
    let mut sent = 0;
    for round in 0..4 {
        append(&log, batch(round * 20)).await;
        server.kill();
        assert!(matches!(log.append(batch(900)).await, Err(LogError::Unavailable(_))), "it is gone");
        server.restart();
        sent += added(&insist(&log, batch(round * 20)).await);
    }
    assert_eq!(sent, 0, "all of them are repeats of what was acknowledged");
    assert_eq!(added(&insist(&log, batch(900)).await), 20);
    let tails: u64 = log.tails().await.unwrap().iter().map(|tail| tail.0).sum();
    assert_eq!(tails, 100);
}

#[tokio::test]
async fn forgotten_scripts_are_loaded_again() {
    let server = server();
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    for round in 0..3 {
        let batch: Vec<_> = (0..40).map(|id| event(round * 40 + id, &format!("key {id}"))).collect();
        assert_eq!(added(&append(&log, batch).await), 40);
        server.ask(&["SCRIPT", "FLUSH"]);
    }
}

#[tokio::test]
async fn what_was_trimmed_or_deleted_under_a_reader_is_missing() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=100)).await;
    server.ask(&["XTRIM", "elite:{0}:events", "MINID", "11-0"]);
    server.ask(&["XDEL", "elite:{0}:events", "50-0"]);
    for gone in [1, 10, 50] {
        let read = log.read(P0, Position(gone), 10).await;
        assert!(
            matches!(read, Err(LogError::Missing { partition: P0, position, tail }) if position.0 == gone && tail.0 == 100),
            "{gone}: {read:?}"
        );
    }
    let read = log.read(P0, Position(45), 100).await.unwrap();
    assert_eq!(read.last().unwrap().position, Position(49), "a read never goes across a gap");
    // Readers begin at the event they read last.
    let next = log.read(P0, Position(49), 100).await;
    assert!(matches!(next, Err(LogError::Missing { position: Position(50), .. })), "{next:?}");
    assert_eq!(log.read(P0, Position(49), 1).await.unwrap().len(), 1);
    server.ask(&["XDEL", "elite:{0}:events", "100-0"]);
    let last = log.read(P0, Position(99), 2).await;
    assert!(matches!(last, Err(LogError::Missing { position: Position(100), .. })), "{last:?}");
    server.ask(&["XTRIM", "elite:{0}:events", "MAXLEN", "0"]);
    assert!(matches!(log.read(P0, Position(100), 1).await, Err(LogError::Missing { .. })));
    assert!(
        log.read(P0, Position(101), 1).await.unwrap().is_empty(),
        "an empty stream still ends where it ended"
    );
    assert_eq!(append(&log, events([101])).await[0].position, Position(101));
}

#[tokio::test]
async fn a_stream_that_others_wrote_to_is_damaged() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=3)).await;
    server.ask(&["XADD", "elite:{0}:events", "*", "data", "{}"]);
    let appended = log.append(events([4])).await;
    assert!(
        matches!(&appended, Err(LogError::Damaged(words)) if words.contains("partition 0")),
        "{appended:?}"
    );
    assert!(matches!(open(&server.url(), ONE_PARTITION).await, Err(LogError::Damaged(_))));
}

#[tokio::test]
async fn positions_that_were_given_out_are_never_given_to_others() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=3)).await;
    server.ask(&["COPY", "elite:{0}:events", "events"]);
    server.ask(&["COPY", "elite:{0}:log", "log"]);
    append(&log, events(4..=6)).await;
    // As after a failover to a replica that was behind.
    server.ask(&["RENAME", "events", "elite:{0}:events"]);
    server.ask(&["RENAME", "log", "elite:{0}:log"]);
    let appended = log.append(events([7])).await;
    assert!(
        matches!(&appended, Err(LogError::Damaged(words)) if words.contains("ends at 3")),
        "{appended:?}"
    );
    assert!(matches!(log.read(P0, Position(6), 1).await, Err(LogError::Missing { tail: Position(3), .. })));
    assert_eq!(ids(&log, P0).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_call_that_is_too_much_for_one_step_is_refused_and_the_largest_one_is_taken() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() });
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    let refused = log.append(events(1..=10_001)).await;
    assert!(matches!(&refused, Err(LogError::Refused(words)) if words.contains("10000")), "{refused:?}");
    assert_eq!(added(&append(&log, events(1..=10_000)).await), 10_000);
    let again = append(&log, events((1..=10_000).rev())).await;
    assert!(again.iter().all(|answer| answer.outcome == Outcome::Duplicate));
    assert_eq!(ids(&log, P0).await, (1..=10_000).collect::<Vec<_>>());
}
