//! The end of the log is lost for good: who goes on, and since when.

use std::time::{Duration, Instant};

use event_log::{EventLog, LogError, Outcome, Position};
use servers::{RedisOptions, RedisServer};

use crate::support::{ONE_PARTITION, P0, append, events, ids, open};

/// What the primary and the replica have.
const BOTH: u128 = 5;
/// What the primary alone has.
const ALL: u128 = 9;

/// Copies what the hash and the stream are at a time, and puts them there later: as a failover to a replica that was behind.
struct Snapshot<'a>(&'a RedisServer);

impl<'a> Snapshot<'a> {
    fn of(server: &'a RedisServer) -> Self {
        for key in ["events", "log", "ids:0"] {
            server.ask(&["COPY", &format!("elite:{{0}}:{key}"), &format!("kept {key}"), "REPLACE"]);
        }
        Self(server)
    }

    fn restore(&self) {
        for key in ["events", "log", "ids:0"] {
            self.0.ask(&["COPY", &format!("kept {key}"), &format!("elite:{{0}}:{key}"), "REPLACE"]);
        }
    }
}

fn refuses(appended: &Result<Vec<event_log::Appended>, LogError>, tail: u64) -> bool {
    matches!(appended, Err(LogError::Damaged(words)) if words.contains(&format!("ends at {tail},")))
}

#[tokio::test]
async fn who_knows_of_a_lost_tail_refuses_until_the_loss_is_accepted_and_then_goes_on() {
    let server = RedisServer::start(RedisOptions::default());
    let old = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&old, events(1..=BOTH)).await;
    let before = Snapshot::of(&server);
    append(&old, events(BOTH + 1..=ALL)).await;
    before.restore();
    let fresh = open(&server.url(), ONE_PARTITION).await.unwrap();
    for _ in 0..3 {
        assert!(refuses(&old.append(events([20])).await, 5), "it knows of position 9");
        assert_eq!(old.tails().await.unwrap(), [Position(5)]);
    }
    // Whoever heals appends what is in the archive, which is all but the last.
    let again = append(&fresh, events(BOTH + 1..ALL)).await;
    assert!(again.iter().all(|answer| answer.outcome == Outcome::Added));
    assert!(refuses(&old.append(events([20])).await, 8), "not before it is accepted");
    let beyond = fresh.accept_loss(P0, Position(9)).await;
    assert!(matches!(&beyond, Err(LogError::Refused(words)) if words.contains("ends at 8")), "{beyond:?}");
    fresh.accept_loss(P0, Position(5)).await.unwrap();
    assert_eq!(append(&old, events([20])).await[0].position, Position(9));
    assert_eq!(append(&fresh, events([21])).await[0].position, Position(10), "it goes on as before");
    assert_eq!(ids(&old, P0).await, [1, 2, 3, 4, 5, 6, 7, 8, 20, 21]);
}

#[tokio::test]
async fn an_accepted_loss_is_no_licence_for_the_next_one() {
    let server = RedisServer::start(RedisOptions::default());
    let url = server.url();
    let logs = [0, 1, 2].map(|_| open(&url, ONE_PARTITION));
    let [appends, reads, looks] = futures::future::join_all(logs).await.try_into().ok().unwrap();
    let (appends, reads, looks) = (appends.unwrap(), reads.unwrap(), looks.unwrap());
    append(&appends, events(1..=5)).await;
    appends.accept_loss(P0, Position(3)).await.unwrap();
    let before = Snapshot::of(&server);
    // Each hears of the new timeline in its own way, and of a later tail in it.
    append(&appends, events(6..=8)).await;
    reads.read(P0, Position(1), 10).await.unwrap();
    looks.tails().await.unwrap();
    before.restore();
    for log in [&appends, &reads, &looks] {
        assert!(refuses(&log.append(events([30])).await, 5), "that loss was not accepted");
    }
    open(&server.url(), ONE_PARTITION).await.unwrap().accept_loss(P0, Position(5)).await.unwrap();
    looks.tails().await.unwrap();
    reads.read(P0, Position(5), 1).await.unwrap();
    for (log, id) in [&appends, &reads, &looks].into_iter().zip(30..) {
        assert_eq!(append(log, events([id])).await[0].outcome, Outcome::Added);
    }
    assert_eq!(ids(&looks, P0).await, [1, 2, 3, 4, 5, 30, 31, 32]);
}

#[tokio::test]
async fn a_loss_is_accepted_by_partition_and_in_one_log_only() {
    let server = RedisServer::start(RedisOptions::default());
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=3)).await;
    let nowhere = log.accept_loss(event_model::PartitionId(1), Position(1)).await;
    assert!(matches!(nowhere, Err(LogError::NoPartition(_))), "{nowhere:?}");
    server.ask(&["FLUSHALL"]);
    let gone = log.accept_loss(P0, Position(0)).await;
    assert!(matches!(&gone, Err(LogError::Refused(words)) if words.contains("was lost")), "{gone:?}");
    open(&server.url(), ONE_PARTITION).await.unwrap();
    let other = log.accept_loss(P0, Position(0)).await;
    assert!(matches!(&other, Err(LogError::Refused(words)) if words.contains("another log")), "{other:?}");
}

/// Asks until the answer says so.
async fn until(server: &RedisServer, question: &[&str], answer: &str) {
    let begun = Instant::now();
    while !server.ask(question).contains(answer) {
        assert!(begun.elapsed() < Duration::from_mins(1), "{question:?} says {answer}");
        tokio::task::yield_now().await;
    }
}

/// A failover as it happens: the replica is cut off and promoted, and the old primary comes back with the replica's history.
#[tokio::test]
async fn a_failover_to_a_replica_without_the_tail_is_noticed_and_healed() {
    let primary = RedisServer::start(RedisOptions::default());
    let replica = primary.replica(RedisOptions::default());
    let old = open(&primary.url(), ONE_PARTITION).await.unwrap();
    append(&old, events(1..=BOTH)).await;
    until(&replica, &["HGET", "elite:{0}:log", "tail"], "5").await;
    replica.ask(&["REPLICAOF", "NO", "ONE"]);
    append(&old, events(BOTH + 1..=ALL)).await;
    let fresh = open(&replica.url(), ONE_PARTITION).await.unwrap();
    assert_eq!(append(&fresh, events([7])).await[0].position, Position(6), "it never knew of another 6");
    primary.ask(&["REPLICAOF", "127.0.0.1", &replica.port().to_string()]);
    until(&primary, &["INFO", "replication"], "master_link_status:up").await;
    assert!(old.append(events([20])).await.is_err(), "it is a replica now");
    primary.ask(&["REPLICAOF", "NO", "ONE"]);
    assert!(refuses(&old.append(events([20])).await, 6));
    old.accept_loss(P0, Position(5)).await.unwrap();
    assert_eq!(append(&old, events([7, 20])).await[1].position, Position(7));
    assert_eq!(ids(&old, P0).await, [1, 2, 3, 4, 5, 7, 20]);
}
