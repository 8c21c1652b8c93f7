//! A real server, which comes and goes.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use realtime::{Heard, OnRedis, Realtime};
use servers::{Fsync, RedisOptions, RedisServer, free_port};

use crate::{
    contract,
    support::{connected, message, next, say_until_heard, until},
};

fn server() -> RedisServer {
    RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() })
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let server = server();
    let (here, there) = (connected(&server.url()).await, connected(&server.url()).await);
    contract::holds(&here, &there).await;
    contract::holds(&here, &here).await;
}

#[tokio::test]
async fn without_a_server_every_call_is_a_miss_and_soon_over() {
    let alone = OnRedis::connect(&format!("redis://127.0.0.1:{}", free_port())).unwrap();
    let begun = Instant::now();
    let _listening = alone.subscribe("news");
    for _ in 0..1000 {
        alone.publish("news", "lost".into()).await;
        alone.cache_put("key", "value".into(), Duration::from_mins(1)).await;
        assert_eq!(alone.cache_get("key").await, None);
    }
    println!("3000 calls without a server: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2), "they wait for something");
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_heard_again_and_old_messages_are_not_repeated() {
    let mut server = server();
    let (here, there) = (connected(&server.url()).await, connected(&server.url()).await);
    for round in 0..3 {
        let mut listening = here.subscribe("news");
        assert_eq!(next(&mut listening).await, Heard::Missed);
        server.kill();
        for _ in 0..20 {
            there.publish("news", "stale".into()).await;
            there.cache_put("stale", "value".into(), Duration::from_mins(1)).await;
        }
        until("both know", || async { !here.is_connected() && !there.is_connected() }).await;
        server.restart();
        let begun = Instant::now();
        assert_eq!(next(&mut listening).await, Heard::Missed);
        until("both are back", || async { here.is_connected() && there.is_connected() }).await;
        println!("round {round}: heard again {:?} after the server was back", begun.elapsed());
        let fresh = format!("fresh {round}");
        let (before, _) = say_until_heard(&there, "news", &fresh, &mut listening).await;
        assert!(!before.contains(&message("stale")), "kept for later: {before:?}");
        assert_eq!(here.cache_get("stale").await, None, "what was put meanwhile is not kept for later");
    }
}

#[tokio::test]
async fn a_listener_is_told_that_it_hears_when_the_server_knows_of_it_and_not_before() {
    let server = server();
    let (here, there) = (connected(&server.url()).await, connected(&server.url()).await);
    signal(&server, "-STOP");
    let mut listening = here.subscribe("news");
    let early = tokio::time::timeout(Duration::from_millis(200), listening.next()).await;
    signal(&server, "-CONT");
    assert!(early.is_err(), "a server that stands still has no subscription: {early:?}");
    assert_eq!(next(&mut listening).await, Heard::Missed);
    say_until_heard(&there, "news", "fresh", &mut listening).await;
}

#[tokio::test]
async fn a_topic_that_nobody_listens_to_any_more_is_given_up() {
    let server = server();
    let (here, there) = (connected(&server.url()).await, connected(&server.url()).await);
    let mut listening = here.subscribe("news");
    assert_eq!(next(&mut listening).await, Heard::Missed);
    let listeners = || server.ask(&["PUBSUB", "NUMSUB", "elite:realtime:news"]).trim().ends_with('1');
    assert!(listeners());
    drop(listening);
    until("the server forgets it", || async {
        there.publish("news", "anybody?".into()).await;
        !listeners()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_answers_nothing_holds_nobody_up_and_is_given_up() {
    if !servers::full() {
        println!("NOT RUN: it takes several seconds; set ELITE_TESTS_FULL=1");
        return;
    }
    let server = server();
    let here = connected(&server.url()).await;
    let mut listening = here.subscribe("news");
    assert_eq!(next(&mut listening).await, Heard::Missed);
    signal(&server, "-STOP");
    let begun = Instant::now();
    here.publish("news", "stale".into()).await;
    let waited = begun.elapsed();
    let given_up = until("it is given up", || async { !here.is_connected() }).await;
    signal(&server, "-CONT");
    assert_eq!(next(&mut listening).await, Heard::Missed);
    println!("a stopped server: one publish took {waited:?}, given up after {given_up:?}");
    assert!(waited < Duration::from_secs(1));
    let (before, _) = say_until_heard(&here, "news", "fresh", &mut listening).await;
    assert!(!before.contains(&message("stale")), "kept for later: {before:?}");
}

#[tokio::test]
async fn a_password_and_a_database_are_used() {
    let server = server();
    assert_eq!(server.ask(&["CONFIG", "SET", "requirepass", "s%cret"]).trim(), "OK");
    let here = connected(&format!("redis://:s%25cret@{}/3", server.address())).await;
    here.cache_put("key", "value".into(), Duration::from_mins(1)).await;
    assert_eq!(here.cache_get("key").await.unwrap(), "value");
}

fn signal(server: &RedisServer, signal: &str) {
    assert!(Command::new("kill").args([signal, &server.pid().to_string()]).status().unwrap().success());
}
