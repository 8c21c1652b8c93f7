//! Handing in versions of one source. Which of them is in use is decided elsewhere; here they get their order.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Node, json_of, multipart};

/// The events that brought a document, oldest first.
async fn brought(node: &Node, id: &Value) -> Vec<Value> {
    let path = format!("/events?type=document.received&subject={}", id.as_str().unwrap());
    let mut events = node.read_page(&path).await["events"].as_array().unwrap().clone();
    events.reverse();
    events
}

#[tokio::test]
async fn a_version_is_received_after_the_last_one_whatever_the_clock_says() {
    let node = Node::start().await;
    let first = node.push("a.txt", "one").await;
    let client = node.parts.store.client().await.unwrap();
    let ahead = "update elite.documents_v3 set received_at = '2999-01-01 00:00:00+00'";
    client.execute(ahead, &[]).await.unwrap();
    drop(client);
    let second = node.push("a.txt", "two").await;
    assert_eq!(second["previous_version"], first["id"], "{second}");
    assert_eq!(second["received_at"], "2999-01-01T00:00:00.000001Z", "{second}");
    let other = node.push("b.txt", "two").await;
    assert_eq!(other["previous_version"], Value::Null);
    assert!(other["received_at"].as_str().unwrap() < "2999", "another source has its own order");
    node.stop().await;
}

#[tokio::test]
async fn bytes_that_come_back_after_another_version_are_recorded_once_more() {
    let node = Node::start().await;
    let first = node.push("a.txt", "one").await;
    let again = node.push("a.txt", "one").await;
    assert_eq!((&again["duplicate"], &again["event"]), (&true.into(), &Value::Null), "{again}");
    let second = node.push("a.txt", "two").await;

    let back = join_all((0..8).map(|_| node.push("a.txt", "one"))).await;
    assert!(
        back.iter().all(|answer| answer["id"] == first["id"] && answer["status"] == "parsed"),
        "{back:?}"
    );
    let events = brought(&node, &first["id"]).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[0]["data"]["replaces"], Value::Null);
    assert_eq!(events[1]["data"]["replaces"], second["id"]);
    let listed = node.read(&format!("/documents/{}/versions", second["id"].as_str().unwrap())).await;
    let numbers: Vec<_> = listed["versions"].as_array().unwrap().iter().map(|one| &one["version"]).collect();
    assert_eq!(numbers, [3, 2, 1], "{listed}");
    let page = format!("/documents/{}/versions?limit=1&cursor=3", second["id"].as_str().unwrap());
    assert_eq!(node.read(&page).await["versions"][0]["document_id"], second["id"]);
    node.stop().await;
}

#[tokio::test]
async fn a_call_that_is_repeated_under_its_key_is_no_other_version() {
    let node = Node::start().await;
    let keyed = || async {
        let request = node.post("/ingest?name=a.txt").header("content-type", "text/plain");
        json_of(request.header("idempotency-key", "k").body("one").send().await.unwrap(), StatusCode::OK)
            .await
    };
    let first = keyed().await;
    node.push("a.txt", "two").await;
    // The gateway died before it kept its answer.
    let client = node.parts.store.client().await.unwrap();
    client.execute("truncate elite.idempotency_key", &[]).await.unwrap();
    drop(client);
    let before = node.events().await;
    let again = keyed().await;
    assert_eq!((&again["id"], &again["duplicate"]), (&first["id"], &false.into()), "{again}");
    assert_eq!((node.events().await, brought(&node, &first["id"]).await.len()), (before, 1));
    node.stop().await;
}

#[tokio::test]
async fn versions_in_one_call_are_in_the_order_of_the_call() {
    let node = Node::start().await;
    let files: [(&str, Option<&str>, &[u8]); 3] =
        [("file", Some("a.txt"), b"one"), ("file", Some("a.txt"), b"two"), ("file", Some("a.txt"), b"three")];
    let (form, body) = multipart(&files);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    let answer = json_of(sent, StatusCode::OK).await;
    let documents = answer["documents"].as_array().unwrap();
    assert_eq!(documents[2]["previous_version"], documents[1]["id"], "{answer}");
    let listed = node.read(&format!("/documents/{}/versions", documents[0]["id"].as_str().unwrap())).await;
    let ids: Vec<_> = listed["versions"].as_array().unwrap().iter().map(|one| &one["document_id"]).collect();
    assert_eq!(ids, [&documents[2]["id"], &documents[1]["id"], &documents[0]["id"]], "{listed}");
    node.stop().await;
}
