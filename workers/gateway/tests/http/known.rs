//! Asking which files need not be sent: the answer is yes exactly where sending would record nothing.

use event_log::Keyring;
use event_model::{BlobRef, Tenant};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Node, json_of, problem_of};

fn asked(name: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "sha256": BlobRef::of(bytes).hex() })
}

impl Node {
    /// What is known of these files.
    async fn known(&self, files: &[(&str, &[u8])]) -> Vec<Value> {
        let documents: Vec<Value> = files.iter().map(|(name, bytes)| asked(name, bytes)).collect();
        let answer =
            self.create("/documents/known", &json!({ "documents": documents }), StatusCode::OK).await;
        answer["documents"].as_array().unwrap().clone()
    }

    /// Whether a file is known, which handing it in must agree with.
    async fn is_known(&self, name: &str, text: &str) -> bool {
        let known = self.known(&[(name, text.as_bytes())]).await.remove(0);
        let before = self.events().await;
        let sent = self.push(name, text).await;
        assert_eq!(known["known"], sent["duplicate"], "{known} {sent}");
        assert_eq!(known["known"] == true, self.events().await == before, "what is known records nothing");
        if known["known"] == true {
            assert_eq!((&known["id"], &known["status"]), (&sent["id"], &sent["status"]));
        } else {
            assert_eq!(known, json!({ "known": false }));
        }
        known["known"] == true
    }
}

#[tokio::test]
async fn what_is_known_is_what_sending_would_not_change() {
    let node = Node::start().await;
    assert!(!node.is_known("a.txt", "one").await, "nobody sent it");
    assert!(node.is_known("a.txt", "one").await);
    assert!(!node.is_known("b.txt", "one").await, "the same bytes under another name are another document");
    assert!(!node.is_known("a.txt", "two").await, "other bytes are another version");
    assert!(!node.is_known("a.txt", "one").await, "what comes back after another version is a version again");
    assert!(node.is_known("a.txt", "one").await);
    let id = node.push("a.txt", "one").await["id"].as_str().unwrap().to_owned();
    let deleted = node.client.delete(format!("{}/documents/{id}", node.base)).send().await.unwrap();
    json_of(deleted, StatusCode::OK).await;
    assert!(!node.is_known("a.txt", "one").await, "what was deleted may be handed in again");

    let files: [(&str, &[u8]); 3] = [("b.txt", b"one"), ("none.txt", b"one"), ("a.txt", b"one")];
    let known: Vec<bool> = node.known(&files).await.iter().map(|one| one["known"] == true).collect();
    assert_eq!(known, [true, false, true], "answers are in the order of the question");
    node.stop().await;
}

#[tokio::test]
async fn a_rejected_document_is_known_with_its_reason() {
    let node = Node::start().await;
    let sent = node.post("/ingest?name=a.txt").body(&b"\xff\xfe\xfd"[..]).send().await.unwrap();
    assert_eq!(json_of(sent, StatusCode::OK).await["status"], "rejected");
    let known = node.known(&[("a.txt", b"\xff\xfe\xfd")]).await.remove(0);
    assert_eq!(
        (&known["status"], &known["rejection_reason"], &known["rejection_detail"]),
        (&"rejected".into(), &"unsupported_type".into(), &"`a.txt` is not a text".into()),
        "{known}"
    );
    node.stop().await;
}

#[tokio::test]
async fn a_persons_document_is_never_known() {
    let node = Node::start().await;
    let sent = node.post("/ingest?name=a.txt").header("x-data-subject", "person-1").body("mine");
    json_of(sent.send().await.unwrap(), StatusCode::OK).await;
    let ask = async |subject: Option<&str>| {
        let mut request =
            node.post("/documents/known").json(&json!({ "documents": [asked("a.txt", b"mine")] }));
        if let Some(subject) = subject {
            request = request.header("x-data-subject", subject);
        }
        json_of(request.send().await.unwrap(), StatusCode::OK).await["documents"][0].clone()
    };
    let unknown = json!({ "known": false });
    assert_eq!((ask(None).await, ask(Some("person-1")).await), (unknown.clone(), unknown.clone()));
    // The same bytes in the open are another document, and beside it the person's stays unknown.
    node.push("a.txt", "mine").await;
    assert_eq!(ask(None).await["known"], true);
    assert_eq!(ask(Some("person-1")).await, unknown);
    node.parts.keyring.destroy(&Tenant::default(), "person-1").await.unwrap();
    assert_eq!(ask(Some("person-1")).await, unknown, "nor is it said that somebody was erased");
    // What another tenant has says nothing here.
    let client = node.parts.store.client().await.unwrap();
    client.execute("update elite.documents_v3 set tenant = 'other'", &[]).await.unwrap();
    drop(client);
    assert_eq!(ask(None).await, unknown);
    node.stop().await;
}

#[tokio::test]
async fn a_wrong_question_is_told_what_is_wrong() {
    let node = Node::start().await;
    let ask = async |body: Value| node.post("/documents/known").json(&body).send().await.unwrap();
    let many: Vec<Value> = (0..1001).map(|number| asked(&format!("{number}"), b"")).collect();
    for (wrong, field) in [
        (json!({ "documents": many }), "documents"),
        (json!({ "documents": [{ "name": "a", "sha256": "abc" }] }), "sha256"),
    ] {
        let problem = problem_of(ask(wrong).await, StatusCode::BAD_REQUEST, "malformed").await;
        assert_eq!(problem["field"], field, "{problem}");
    }
    for wrong in [json!([]), json!({ "documents": [{ "name": "a" }] }), json!({ "documents": [], "x": 1 })] {
        problem_of(ask(wrong).await, StatusCode::BAD_REQUEST, "malformed").await;
    }
    // As many as there may be, with names as long as they may be, and worse.
    let long: Vec<Value> = (0..1000).map(|_| asked(&"\u{1}".repeat(1024), b"")).collect();
    let answer = json_of(ask(json!({ "documents": long })).await, StatusCode::OK).await;
    assert_eq!(answer["documents"].as_array().unwrap().len(), 1000);
    node.stop().await;
}
