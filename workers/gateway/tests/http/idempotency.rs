//! Calls that are repeated under one key.

use std::time::Duration;

use gateway::Limits;
use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::harness::{LIMITS, Node, json_of, problem_of};

async fn keyed(node: &Node, key: &str, name: &str, text: &str) -> Response {
    let post = node.post("/ingest").query(&[("name", name)]).header("content-type", "text/plain");
    post.header("idempotency-key", key).body(text.to_owned()).send().await.unwrap()
}

#[tokio::test]
async fn a_repeated_call_gets_its_first_answer() {
    let node = Node::start().await;
    let first = keyed(&node, "\"key-1\"", "a.txt", "one").await;
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let first = json_of(first, StatusCode::OK).await;
    let events = node.events().await;
    let again = keyed(&node, "key-1", "a.txt", "one").await;
    assert_eq!(again.headers()["idempotency-replayed"], "true", "quoted or bare, the key is the same");
    assert_eq!(json_of(again, StatusCode::OK).await, first);
    assert_eq!(node.events().await, events);

    for (name, text) in [("a.txt", "two"), ("b.txt", "one")] {
        let other = keyed(&node, "key-1", name, text).await;
        problem_of(other, StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;
    }
    assert_eq!(node.events().await, events);
    let empty = keyed(&node, "\"\"", "a.txt", "one").await;
    problem_of(empty, StatusCode::BAD_REQUEST, "malformed").await;
    node.stop().await;
}

#[tokio::test]
async fn a_key_stands_for_its_payload_even_in_a_new_database() {
    let node = Node::start().await;
    let first = json_of(keyed(&node, "key-1", "a.txt", "one").await, StatusCode::OK).await;
    // What a rebuilt database has lost is in the log.
    let client = node.parts.store.client().await.unwrap();
    client.execute("delete from elite.idempotency_key", &[]).await.unwrap();
    drop(client);
    let events = node.events().await;
    let other = keyed(&node, "key-1", "b.txt", "other bytes").await;
    problem_of(other, StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;
    let same = json_of(keyed(&node, "key-1", "a.txt", "one").await, StatusCode::OK).await;
    assert_eq!((&same["id"], &same["duplicate"]), (&first["id"], &false.into()));
    assert_eq!(node.events().await, events);
    node.stop().await;
}

#[tokio::test]
async fn a_call_that_is_being_answered_is_a_conflict() {
    let limits = Limits { ingest_wait: Duration::from_secs(3), ..LIMITS };
    let node = Node::start_with(limits, false).await;
    let slow = keyed(&node, "key-1", "a.txt", "one");
    let meanwhile = async {
        // The slow call waits for a document that nobody parses, so its key is taken once its event is there.
        while node.events().await == 0 {
            tokio::task::yield_now().await;
        }
        keyed(&node, "key-1", "a.txt", "one").await
    };
    let (slow, meanwhile) = tokio::join!(slow, meanwhile);
    problem_of(meanwhile, StatusCode::CONFLICT, "in-flight").await;
    json_of(slow, StatusCode::ACCEPTED).await;
    node.stop().await;
}

#[tokio::test]
async fn other_calls_honour_keys_too() {
    let node = Node::start().await;
    let start = |title: &str| {
        node.post("/sessions").header("idempotency-key", "s-1").json(&json!({ "title": title })).send()
    };
    let first = json_of(start("one").await.unwrap(), StatusCode::CREATED).await;
    let again = start("one").await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(json_of(again, StatusCode::CREATED).await["id"], first["id"]);
    problem_of(start("two").await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;
    node.stop().await;
}
