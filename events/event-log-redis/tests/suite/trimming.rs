//! Trimming in Redis: in portions, beside what others do to a stream, and without a stream ever vanishing.

use std::{sync::Arc, time::Instant};

use event_log::{EventLog, LogError, Position};
use servers::{Fsync, RedisOptions, RedisServer};

use crate::support::{ONE_PARTITION, P0, append, events, open};

const STREAM: &str = "elite:{0}:events";

fn server() -> RedisServer {
    RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() })
}

#[tokio::test]
async fn what_others_took_is_missing_and_what_was_trimmed_is_trimmed() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=100)).await;
    server.ask(&["XTRIM", STREAM, "MINID", "21-0"]);
    server.ask(&["XDEL", STREAM, "50-0", "100-0"]);
    assert_eq!(log.trim(P0, Position(11)).await.unwrap(), Position(11));
    for (position, is_trimmed) in [(1, true), (10, true), (11, false), (20, false), (50, false), (100, false)]
    {
        let read = log.read(P0, Position(position), 10).await;
        let trimmed = matches!(read, Err(LogError::Trimmed { first: Position(11), .. }));
        let missing = matches!(read, Err(LogError::Missing { tail: Position(100), .. }));
        assert!(trimmed == is_trimmed && missing != is_trimmed, "{position}: {read:?}");
    }
    assert_eq!(log.read(P0, Position(21), 100).await.unwrap().len(), 29);
    assert_eq!(log.trim(P0, Position(90)).await.unwrap(), Position(90));
    assert_eq!(append(&log, events([101])).await[0].position, Position(101));
}

#[tokio::test]
async fn a_stream_that_was_trimmed_to_nothing_stays_and_its_lag_is_right() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=10)).await;
    log.mirror("project", &[(P0, Position(10))]).await.unwrap();
    log.trim(P0, Position(11)).await.unwrap();
    assert_eq!(server.ask(&["XLEN", STREAM]).trim(), "0");
    log.mirror("project", &[(P0, Position(10))]).await.unwrap();
    let again = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&again, events(11..=14)).await;
    log.mirror("project", &[(P0, Position(11))]).await.unwrap();
    let groups = server.ask(&["XINFO", "GROUPS", STREAM]);
    assert!(groups.contains("lag\n3"), "{groups}");
}

#[tokio::test]
async fn a_loss_that_is_not_accepted_stops_a_trim() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=5)).await;
    server.ask(&["HSET", "elite:{0}:log", "tail", "4"]);
    let trimmed = log.trim(P0, Position(3)).await;
    assert!(matches!(&trimmed, Err(LogError::Damaged(words)) if words.contains("ends at 4")), "{trimmed:?}");
    assert_eq!(log.firsts().await.unwrap(), [Position(1)]);
}

#[tokio::test]
async fn of_several_trims_at_once_the_furthest_holds() {
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=300)).await;
    for wanted in [[40, 10, 20], [41, 150, 120], [299, 301, 300]] {
        let trims = wanted.map(|first| log.trim(P0, Position(first)));
        let firsts = futures::future::try_join_all(trims).await.unwrap();
        let furthest = Position(wanted.into_iter().max().unwrap());
        assert_eq!((firsts.into_iter().max(), log.firsts().await.unwrap()), (Some(furthest), vec![furthest]));
        assert!(log.read(P0, furthest, 5).await.is_ok(), "nothing is gone that is not trimmed");
    }
}

/// A server in which a script runs answers nobody, so its slow log says how long others waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_trim_lets_others_in_between_and_can_end_anywhere() {
    let total: u64 = if servers::full() { 1_000_000 } else { 60_000 };
    let server = server();
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    for first in (1..=total).step_by(10_000) {
        append(&log, events(u128::from(first)..u128::from(first) + 10_000)).await;
    }
    server.ask(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    server.ask(&["CONFIG", "SET", "slowlog-max-len", "10000"]);
    server.ask(&["SLOWLOG", "RESET"]);
    let begun = Instant::now();
    // Whoever trims dies between two portions.
    let log = Arc::new(log);
    let trims = Arc::clone(&log);
    let trims = tokio::spawn(async move { trims.trim(P0, Position(total + 1)).await });
    while log.firsts().await.unwrap() == [Position(1)] {}
    trims.abort();
    let died = trims.await.is_err();
    let first = log.firsts().await.unwrap()[0];
    let left: u64 = server.ask(&["XLEN", STREAM]).trim().parse().unwrap();
    assert!(left <= total - (first.0 - 1), "what it says is gone is gone");
    assert!(matches!(log.read(P0, Position(1), 1).await, Err(LogError::Trimmed { .. })));
    assert_eq!(log.trim(P0, Position(total + 1)).await.unwrap(), Position(total + 1));
    let slow = server.ask(&["SLOWLOG", "GET", "-1"]);
    let lines: Vec<&str> = slow.lines().map(str::trim).collect();
    let scripts = (0..lines.len()).filter(|at| matches!(lines[*at], "EVAL" | "EVALSHA"));
    let longest_us = scripts.filter_map(|at| lines[at - 1].parse::<u64>().ok()).max().unwrap();
    println!(
        "{total} events trimmed in {} ms (broken off first: {}), {longest_us} us the longest script",
        begun.elapsed().as_millis(),
        died,
    );
    assert!(longest_us < 500_000, "{longest_us} us");
    assert_eq!(server.ask(&["XLEN", STREAM]).trim(), "0");
    assert_eq!(append(&log, events([u128::from(total) + 10])).await[0].position, Position(total + 1));
}
