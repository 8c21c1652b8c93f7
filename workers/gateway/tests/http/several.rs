//! What holds when there are several gateways and somebody else projects.

use std::{
    collections::HashSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures::future::join_all;
use gateway::Limits;
use reqwest::StatusCode;
use serde_json::{Value, json};
use servers::{Fsync, PostgresServer, RedisOptions, RedisServer};

use crate::{
    fleet::{Fleet, Gateway, quantiles, timed},
    harness::{LIMITS, json_of, problem_of},
};

fn redis() -> RedisServer {
    RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() })
}

/// Times of feedback and of uploads, each read back from another gateway as soon as it is answered.
async fn written_and_read_elsewhere(fleet: &Fleet, count: usize) -> (Vec<Duration>, Vec<Duration>) {
    let (here, there) = (fleet.gateway(LIMITS), fleet.gateway(LIMITS));
    let (mut opening, mut pushing) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (answer, time) = timed(here.post("/sessions").json(&json!({ "title": "t" })).send()).await;
        let session = json_of(answer.unwrap(), StatusCode::CREATED).await;
        opening.push(time);
        let path = format!("/sessions/{}", session["id"].as_str().unwrap());
        json_of(there.get(&path).send().await.unwrap(), StatusCode::OK).await;
        let (answer, time) =
            timed(here.push(&format!("{number}.txt"), &format!("text {number}")).send()).await;
        let document = json_of(answer.unwrap(), StatusCode::OK).await;
        pushing.push(time);
        let path = format!("/documents/{}", document["id"].as_str().unwrap());
        assert_eq!(json_of(there.get(&path).send().await.unwrap(), StatusCode::OK).await["status"], "parsed");
    }
    (opening, pushing)
}

#[tokio::test]
async fn what_was_written_through_one_gateway_is_read_through_another_though_a_third_process_projects() {
    let count = if servers::full() { 300 } else { 40 };
    let redis = redis();
    for (name, url) in [("told through Redis", Some(redis.url())), ("found by polling", None)] {
        let fleet = Fleet::start(&servers::postgres().database(), url).await;
        let (opening, pushing) = written_and_read_elsewhere(&fleet, count).await;
        let (opening, pushing) = (quantiles(opening), quantiles(pushing));
        println!(
            "{name}: a session p50 {:?}, p99 {:?}; an upload p50 {:?}, p99 {:?}",
            opening.0, opening.1, pushing.0, pushing.1
        );
        fleet.stop().await;
    }
}

#[tokio::test]
async fn a_wait_that_is_over_says_where_to_look_and_later_the_document_is_there() {
    let fleet = Fleet::start(&servers::postgres().database(), None).await;
    let limits = Limits { ingest_wait: Duration::from_millis(300), ..LIMITS };
    // Only the first is to give up: what is done afterwards may take its time.
    let (here, there) = (fleet.gateway(limits), fleet.gateway(LIMITS));
    fleet.parts.projector_works.store(false, Ordering::SeqCst);
    let (answer, waited) = timed(here.push("a.txt", "text").send()).await;
    let answer = answer.unwrap();
    assert!(waited >= limits.ingest_wait && waited < Duration::from_secs(10), "{waited:?}");
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let document = json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(location, format!("/documents/{}", document["id"].as_str().unwrap()));
    assert!(document["event"]["position"].as_u64() >= Some(1), "{document}");
    problem_of(there.get(&location).send().await.unwrap(), StatusCode::NOT_FOUND, "not-found").await;
    fleet.parts.projector_works.store(true, Ordering::SeqCst);
    // The projector looks again when the log changes.
    json_of(there.push("b.txt", "more").send().await.unwrap(), StatusCode::OK).await;
    let again = json_of(there.push("a.txt", "text").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((&again["id"], &again["status"]), (&document["id"], &"parsed".into()));
    let later = json_of(here.get(&location).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(later["status"], "parsed", "where to look, as it was said");
    fleet.stop().await;
}

/// Statements that the server was sent so far, by the lines of its log.
fn statements(server: &PostgresServer) -> usize {
    let log = std::fs::read_to_string(server.directory().join("server.log")).unwrap();
    log.lines().filter(|line| line.contains("LOG:  execute ") || line.contains("LOG:  statement: ")).count()
}

#[tokio::test]
async fn a_hundred_requests_that_wait_ask_the_database_little() {
    let server = PostgresServer::with(&[("log_statement", "all")]);
    let fleet = Fleet::start(&server.database(), None).await;
    let seconds_max = if servers::full() { 8_u32 } else { 2 };
    let wait = Duration::from_secs(seconds_max.into());
    let limits = Limits { ingest_wait: wait, answer_wait: wait, ..LIMITS };
    let gateway = fleet.gateway(limits);
    let session = gateway.post("/sessions").json(&json!({})).send().await.unwrap();
    let session = json_of(session, StatusCode::CREATED).await;
    let path = format!("/sessions/{}/interactions", session["id"].as_str().unwrap());
    fleet.parts.projector_works.store(false, Ordering::SeqCst);
    for what in ["uploads", "questions"] {
        let (before, begun) = (statements(&server), Instant::now());
        let waiting = (0..100).map(|number| match what {
            "uploads" => gateway.push(&format!("{number}.txt"), &format!("text {number}")).send(),
            _ => gateway.post(&path).json(&json!({ "prompt": format!("what is {number}?") })).send(),
        });
        for answer in join_all(waiting).await {
            json_of(answer.unwrap(), StatusCode::ACCEPTED).await;
        }
        let (asked, seconds) = (statements(&server) - before, begun.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let a_second = asked as f64 / seconds;
        println!("100 {what} waited {seconds:.1} s: {asked} statements, {a_second:.0} a second");
        // Each comes with a few of its own; waiting adds none to them, only a look now and then for all together.
        assert!(
            asked < 100 * 6 + 45 * (seconds_max as usize + 1),
            "{asked} statements for 100 {what} that wait"
        );
    }
    fleet.stop().await;
}

async fn glance(gateway: &Gateway) -> Value {
    let asked = gateway.get("/status").header("cache-control", "max-age=1").send().await.unwrap();
    json_of(asked, StatusCode::OK).await
}

#[tokio::test]
async fn open_pages_on_several_gateways_cost_the_database_one_count_a_second() {
    let (server, redis) = (PostgresServer::with(&[("log_statement", "all")]), redis());
    let fleet = Fleet::start(&server.database(), Some(redis.url())).await;
    let gateways: Vec<Gateway> = (0..3).map(|_| fleet.gateway(LIMITS)).collect();
    // A gateway's first call may find it not connected yet.
    let counted = || {
        let log = std::fs::read_to_string(server.directory().join("server.log")).unwrap();
        log.lines().filter(|line| line.contains("count(*) from elite.chunks")).count()
    };
    while {
        let before = counted();
        join_all(gateways.iter().map(glance)).await;
        counted() > before
    } {}
    let (before, begun, mut calls) = (counted(), Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(3) {
        let pages = gateways.iter().flat_map(|gateway| (0..10).map(move |_| glance(gateway)));
        let told: HashSet<u64> = join_all(pages)
            .await
            .iter()
            .map(|status| status["log"]["partitions"].as_u64().unwrap())
            .collect();
        assert_eq!(told.len(), 1);
        calls += 30;
    }
    let asked = counted() - before;
    println!("{calls} calls of 30 pages to 3 gateways in 3 s: counted {asked} times");
    assert!(
        asked <= 9,
        "counted {asked} times; at most once a second and gateway, when they ask at the same moment"
    );

    json_of(gateways[0].push("a.txt", "text").send().await.unwrap(), StatusCode::OK).await;
    let fresh = json_of(gateways[1].get("/status").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(fresh["documents"]["parsed"], 1, "whoever does not ask for old numbers gets the latest");
    fleet.stop().await;
}
