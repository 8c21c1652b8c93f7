//! What breaks around the gateway must not break what it promises.

use std::sync::atomic::Ordering;

use reqwest::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Node, json_of, problem_of};

#[tokio::test]
async fn a_log_that_takes_nothing_is_answered_503_and_the_call_can_be_repeated() {
    let node = Node::start().await;
    node.parts.log.down.store(true, Ordering::SeqCst);
    let push = || {
        let post = node.post("/ingest?name=a.txt").header("content-type", "text/plain");
        post.header("idempotency-key", "k").body("text").send()
    };
    problem_of(push().await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, "log-unavailable").await;
    let session = node.post("/sessions").json(&json!({})).send().await.unwrap();
    problem_of(session, StatusCode::SERVICE_UNAVAILABLE, "log-unavailable").await;
    assert_eq!(node.read("/healthz").await["status"], "ok", "the process lives");
    node.parts.log.down.store(false, Ordering::SeqCst);
    let document = json_of(push().await.unwrap(), StatusCode::OK).await;
    assert_eq!((&document["status"], &document["duplicate"]), (&"parsed".into(), &false.into()));
    node.stop().await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let node = Node::start().await;
    let address = node.base.strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /ingest?name=cut.txt HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nhalf"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.shutdown().await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.ok();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(node.events().await, 0);
    node.push("after.txt", "others go on").await;
    node.stop().await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_answered_503_but_the_process_lives() {
    let node = Node::start().await;
    node.parts.store.close();
    for path in ["/documents", "/search?q=x", "/status"] {
        let answer = node.get(path).send().await.unwrap();
        problem_of(answer, StatusCode::SERVICE_UNAVAILABLE, "store-unavailable").await;
    }
    let ready = node.get("/readyz").send().await.unwrap();
    let problem = problem_of(ready, StatusCode::SERVICE_UNAVAILABLE, "not-serving").await;
    assert!(problem["reasons"][0].as_str().unwrap().contains("PostgreSQL"), "{problem}");
    assert_eq!(node.read("/healthz").await["status"], "ok");
    node.stop().await;
}

#[tokio::test]
async fn pages_of_other_sites_cannot_change_anything() {
    let node = Node::start().await;
    let from = |origin: &str| node.post("/sessions").header("origin", origin).json(&json!({})).send();
    for origin in ["https://elsewhere.example", "null", "http://127.0.0.1:1"] {
        problem_of(from(origin).await.unwrap(), StatusCode::FORBIDDEN, "cross-origin").await;
    }
    let cross =
        node.post("/ingest?name=a").header("sec-fetch-site", "cross-site").body("x").send().await.unwrap();
    problem_of(cross, StatusCode::FORBIDDEN, "cross-origin").await;
    json_of(from(&node.base).await.unwrap(), StatusCode::CREATED).await;
    let reading = node.get("/documents").header("origin", "https://elsewhere.example").send().await.unwrap();
    assert_eq!(reading.status(), StatusCode::OK);
    assert!(!reading.headers().contains_key("access-control-allow-origin"));
    node.stop().await;
}
