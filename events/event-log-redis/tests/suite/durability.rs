//! The durability an answer names is what the server really runs, and no more than was confirmed for it.

use std::time::{Duration, Instant};

use event_log::{Durability, EventLog, LogError};
use event_log_redis::RedisLog;
use servers::{Fsync, RedisOptions, RedisServer};

use crate::support::{ONE_PARTITION, append, events, insist, open};

fn server(fsync: Fsync) -> RedisServer {
    RedisServer::start(RedisOptions { fsync, ..RedisOptions::default() })
}

/// What the answers for a new event and for its repeat name.
async fn named(log: &RedisLog, id: u128) -> [Durability; 2] {
    [append(log, events([id])).await[0].durability, append(log, events([id])).await[0].durability]
}

/// Opens the log once the primary counts its replica, which takes a moment after the replica has everything.
async fn open_with_replica(server: &RedisServer) -> RedisLog {
    let begun = Instant::now();
    loop {
        let log = open(&server.url(), ONE_PARTITION).await.unwrap();
        if log.server().replicas == 1 {
            return log;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "the primary counts its replica");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_names_what_the_server_runs() {
    use Durability::{Fsync as Flushed, Memory};
    for (fsync, durability) in
        [(Fsync::Always, Flushed), (Fsync::EverySecond, Memory), (Fsync::Never, Memory)]
    {
        let server = server(fsync);
        let log = open(&server.url(), ONE_PARTITION).await.unwrap();
        assert_eq!(named(&log, 1).await, [durability; 2], "{fsync:?}");
        assert_eq!(log.server().durability, durability);
    }
}

#[tokio::test]
async fn a_replica_that_flushes_makes_it_replicated_and_one_that_does_not_adds_nothing() {
    let server = server(Fsync::Always);
    let replica = server.replica(RedisOptions::default());
    let log = open_with_replica(&server).await;
    let facts = log.server();
    assert_eq!((facts.replicas, facts.replicas_fsync, facts.durability), (1, 1, Durability::Replicated));
    assert_eq!(named(&log, 1).await, [Durability::Replicated; 2]);
    replica.ask(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let again = open(&server.url(), ONE_PARTITION).await.unwrap();
    assert_eq!(named(&again, 2).await, [Durability::Fsync; 2], "it would lose what it acknowledges");
}

#[tokio::test]
async fn a_replica_behind_a_primary_that_does_not_flush_promises_nothing() {
    let server = server(Fsync::EverySecond);
    let _replica = server.replica(RedisOptions::default());
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    assert_eq!(named(&log, 1).await, [Durability::Memory; 2]);
}

#[tokio::test]
async fn a_replica_that_is_silent_is_not_counted() {
    let server = server(Fsync::Always);
    let mut replica = server.replica(RedisOptions::default());
    let log = open_with_replica(&server).await;
    assert_eq!(named(&log, 1).await, [Durability::Replicated; 2]);
    replica.kill();
    assert_eq!(named(&log, 2).await, [Durability::Fsync; 2]);
}

#[tokio::test]
async fn a_server_that_runs_something_else_after_a_reconnect_is_asked_again() {
    let server = server(Fsync::Always);
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    assert_eq!(named(&log, 1).await, [Durability::Fsync; 2]);
    server.ask(&["CONFIG", "SET", "appendfsync", "everysec"]);
    server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    assert_eq!(insist(&log, events([2])).await[0].durability, Durability::Memory);
    server.ask(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    let refused = loop {
        match log.append(events([3])).await {
            Err(LogError::Unavailable(_)) => tokio::task::yield_now().await,
            answer => break answer,
        }
    };
    assert!(matches!(&refused, Err(LogError::Refused(words)) if words.contains("noeviction")), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_cannot_take_a_write_is_unavailable_in_words_and_nothing_is_half_written() {
    let server = server(Fsync::Never);
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events([1])).await;
    for (setting, value, undone, words) in
        [("maxmemory", "1", "0", "no memory left"), ("min-replicas-to-write", "1", "0", "fewer replicas")]
    {
        server.ask(&["CONFIG", "SET", setting, value]);
        let answer = log.append(events(2..=50)).await;
        assert!(matches!(&answer, Err(LogError::Unavailable(said)) if said.contains(words)), "{answer:?}");
        assert_eq!(log.tails().await.unwrap(), [event_log::Position(1)]);
        assert_eq!(server.ask(&["XLEN", "elite:{0}:events"]).trim(), "1");
        server.ask(&["CONFIG", "SET", setting, undone]);
    }
    assert_eq!(append(&log, events(2..=50)).await.len(), 49);
}
