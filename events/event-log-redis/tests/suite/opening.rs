//! What is refused when a log is opened, and what a crash while it was being made leaves to the next.

use event_log::{CreationOptions, EventLog, LogError, RepeatWindow};
use event_log_redis::{RedisLog, RedisLogOptions};
use servers::{Fsync, RedisOptions, RedisServer};

use crate::support::{ClockOfTests, FOUR_PARTITIONS, added, append, events, ids, insist, open};

fn server() -> RedisServer {
    RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() })
}

fn refused(opened: Result<RedisLog, LogError>) -> String {
    match opened {
        Err(LogError::Refused(words)) => words,
        Err(error) => panic!("refused, not {error:?}"),
        Ok(_) => panic!("refused, not opened"),
    }
}

#[tokio::test]
async fn a_server_that_evicts_is_refused_with_the_setting_that_helps() {
    let server = server();
    server.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let words = refused(open(&server.url(), FOUR_PARTITIONS).await);
    assert!(words.contains("allkeys-lru") && words.contains("maxmemory-policy noeviction"), "{words}");
    assert_eq!(server.ask(&["DBSIZE"]).trim(), "0", "nothing was written");
}

#[tokio::test]
async fn a_log_that_does_not_exist_is_not_made_by_whoever_only_uses_it() {
    let server = server();
    let options = RedisLogOptions { url: server.url(), creation: FOUR_PARTITIONS, create: false };
    let words = refused(RedisLog::open(options.clone(), &ClockOfTests).await);
    assert!(words.contains("no log"), "{words}");
    open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    RedisLog::open(options, &ClockOfTests).await.unwrap();
}

#[tokio::test]
async fn another_number_of_partitions_is_refused_and_the_window_is_the_one_it_was_made_with() {
    let server = server();
    let made = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let words = refused(open(&server.url(), CreationOptions { partitions: 8, ..FOUR_PARTITIONS }).await);
    assert!(words.contains('4') && words.contains('8'), "{words}");
    let again =
        open(&server.url(), CreationOptions { repeats: RepeatWindow(7), ..FOUR_PARTITIONS }).await.unwrap();
    assert_eq!(again.creation(), made.creation());
}

#[tokio::test]
async fn one_url_of_several_servers_that_are_no_cluster_is_refused() {
    let (one, other) = (server(), server());
    let words =
        refused(open(&format!("redis://{},{}", one.address(), other.address()), FOUR_PARTITIONS).await);
    assert!(words.contains("not a node of a cluster"), "{words}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let opened = open(&format!("redis://127.0.0.1:{}/", servers::free_port()), FOUR_PARTITIONS).await;
    assert!(matches!(opened, Err(LogError::Unavailable(_))));
}

#[tokio::test]
async fn what_a_crash_left_half_made_is_finished_by_the_next() {
    let server = server();
    let creation = open(&server.url(), FOUR_PARTITIONS).await.unwrap().creation().clone();
    // As if the maker had died before the last two partitions and the mark.
    server.ask(&["HDEL", "elite:log", "state"]);
    server.ask(&["DEL", "elite:{2}:log", "elite:{2}:events", "elite:{3}:log", "elite:{3}:events"]);
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    assert_eq!(log.creation(), &creation);
    assert_eq!(server.ask(&["HGET", "elite:log", "state"]).trim(), "complete");
    assert_eq!(added(&append(&log, events(1..=10)).await), 10);
}

#[tokio::test]
async fn many_that_open_at_once_make_one_log() {
    let server = server();
    let url = server.url();
    let opened = futures::future::join_all((0..8).map(|_| open(&url, FOUR_PARTITIONS))).await;
    let incarnations: Vec<_> = opened.into_iter().map(|log| log.unwrap().creation().incarnation).collect();
    assert!(incarnations.windows(2).all(|pair| pair[0] == pair[1]), "{incarnations:?}");
}

#[tokio::test]
async fn a_lost_partition_is_refused_and_never_begun_again() {
    let server = server();
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    append(&log, events(1..=3)).await;
    let partition = events([1])[0].partition(4);
    for lost in ["log", "events"] {
        server.ask(&["RENAME", &format!("elite:{{{partition}}}:{lost}"), "aside"]);
        let words = refused(open(&server.url(), FOUR_PARTITIONS).await);
        assert!(words.contains(&format!("partition {partition} was lost")), "{words}");
        let appended = log.append(events([4])).await;
        assert!(
            matches!(&appended, Err(LogError::Refused(words)) if words.contains("was lost")),
            "{appended:?}"
        );
        server.ask(&["RENAME", "aside", &format!("elite:{{{partition}}}:{lost}")]);
    }
    assert_eq!(ids(&log, partition).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_lost_creation_record_is_not_written_anew_over_partitions() {
    let server = server();
    open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    server.ask(&["DEL", "elite:log"]);
    let words = refused(open(&server.url(), FOUR_PARTITIONS).await);
    assert!(words.contains("elite:log"), "{words}");
    assert_eq!(server.ask(&["EXISTS", "elite:log"]).trim(), "0");
}

#[tokio::test]
async fn an_open_log_refuses_another_incarnation_under_its_name() {
    let server = server();
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    append(&log, events(1..=3)).await;
    server.ask(&["FLUSHALL"]);
    let other = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let words = other.creation().incarnation.to_string();
    for refused in [
        log.append(events([4])).await.map(|_| ()),
        log.read(events([1])[0].partition(4), event_log::Position(1), 1).await.map(|_| ()),
        log.tails().await.map(|_| ()),
    ] {
        assert!(matches!(&refused, Err(LogError::Refused(said)) if said.contains(&words)), "{refused:?}");
    }
    assert_eq!(added(&insist(&other, events(1..=3)).await), 3, "the other log is as new");
}
