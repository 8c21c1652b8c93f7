//! Sessions, questions, feedback and datasets.

use std::time::Duration;

use gateway::Limits;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LIMITS, Node, json_of, problem_of};

async fn session(node: &Node) -> String {
    let session = node.create("/sessions", &json!({"title": "tea"}), StatusCode::CREATED).await;
    session["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_question_is_answered_with_its_sources_and_kept_in_its_session() {
    let node = Node::start().await;
    let id = session(&node).await;
    let path = format!("/sessions/{id}/interactions");
    let answer = node.create(&path, &json!({"prompt": "Why tea?"}), StatusCode::OK).await;
    assert_eq!((&answer["status"], &answer["model"]), (&"answered".into(), &"extractive".into()));
    assert_eq!(answer["citations"][0]["name"], "notes.md");
    let one = node.read(&format!("{path}/{}", answer["id"].as_str().unwrap())).await;
    assert_eq!(one["answer"], "You asked: Why tea?");
    let whole = node.read(&format!("/sessions/{id}")).await;
    assert_eq!((&whole["interaction_count"], &whole["interactions"][0]["id"]), (&1.into(), &answer["id"]));
    assert_eq!(node.read("/sessions").await["sessions"][0]["id"], id);
    let bare = node.post("/sessions").send().await.unwrap();
    json_of(bare, StatusCode::CREATED).await;

    for wrong in
        [json!({}), json!({"prompt": "  "}), json!({"prompt": 7}), json!({"prompt": "x", "model": "y"})]
    {
        let answer = node.post(&path).json(&wrong).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    let large = node.post(&path).json(&json!({"prompt": "x".repeat(70_000)})).send().await.unwrap();
    problem_of(large, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
    let plain = node.post(&path).header("content-type", "text/plain").body("{}").send().await.unwrap();
    problem_of(plain, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown-type").await;
    let nowhere = node.post("/sessions/00000000-0000-4000-8000-000000000000/interactions");
    let nowhere = nowhere.json(&json!({"prompt": "x"})).send().await.unwrap();
    problem_of(nowhere, StatusCode::NOT_FOUND, "not-found").await;
    node.stop().await;
}

#[tokio::test]
async fn an_answer_can_be_streamed() {
    let node = Node::start().await;
    let path = format!("/sessions/{}/interactions", session(&node).await);
    let asked = node.post(&path).header("accept", "text/event-stream").json(&json!({"prompt": "Why?"}));
    let text = asked.send().await.unwrap().text().await.unwrap();
    let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names, ["prompted", "answered"], "{text}");
    assert!(text.contains("You asked: Why?"));
    node.stop().await;
}

#[tokio::test]
async fn what_nobody_does_in_time_is_answered_202() {
    let limits = Limits { answer_wait: Duration::from_millis(150), ..LIMITS };
    let node = Node::start_with(limits, false).await;
    let path = format!("/sessions/{}/interactions", session(&node).await);
    let asked = node.post(&path).json(&json!({"prompt": "Why?"})).send().await.unwrap();
    let location = asked.headers()["location"].to_str().unwrap().to_owned();
    json_of(asked, StatusCode::ACCEPTED).await;
    assert_eq!(node.read_when_there(&location).await["status"], "prompted");
    let dataset = node.create("/datasets", &json!({"name": "d", "kind": "kto"}), StatusCode::ACCEPTED).await;
    let path = format!("/datasets/{}", dataset["id"].as_str().unwrap());
    for part in ["export", "manifest"] {
        let answer = node.get(&format!("{path}/{part}")).send().await.unwrap();
        problem_of(answer, StatusCode::CONFLICT, "not-ready").await;
    }
    node.stop().await;
}

#[tokio::test]
async fn feedback_of_every_kind_is_kept_and_checked() {
    let node = Node::start().await;
    let id = session(&node).await;
    let asked = node
        .create(&format!("/sessions/{id}/interactions"), &json!({"prompt": "Why?"}), StatusCode::OK)
        .await;
    let with = |verdict: Value| {
        let mut body = verdict;
        body["interaction"] = asked["id"].clone();
        body
    };
    let verdicts = [
        json!({"kind": "thumbs", "up": true}),
        json!({"kind": "rating", "rating": 5, "comment": "good"}),
        json!({"kind": "correction", "text": "better"}),
        json!({"kind": "preference", "other": "worse", "prefers_given": true}),
        json!({"verdict": {"kind": "labels", "labels": ["short"]}, "user": "ada"}),
    ];
    for verdict in verdicts {
        let given = node.create("/feedback", &with(verdict), StatusCode::CREATED).await;
        assert_eq!(given["session_id"], id, "{given}");
    }
    let kept = node.read(&format!("/sessions/{id}")).await;
    let kinds: Vec<_> =
        kept["feedback"].as_array().unwrap().iter().map(|given| given["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["thumbs", "rating", "correction", "preference", "labels"]);

    let path = format!("{}/feedback/{}", node.base, kept["feedback"][0]["id"].as_str().unwrap());
    json_of(node.client.delete(path).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(node.read(&format!("/sessions/{id}")).await["feedback"][0]["withdrawn"], true);
    for wrong in [
        json!({"kind": "rating", "rating": 6}),
        json!({"kind": "rating", "rating": 0}),
        json!({"kind": "joy"}),
        json!({}),
    ] {
        let answer = node.post("/feedback").json(&with(wrong)).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    let unknown =
        json!({"interaction": "00000000-0000-4000-8000-000000000000", "kind": "thumbs", "up": true});
    let answer = node.post("/feedback").json(&unknown).send().await.unwrap();
    problem_of(answer, StatusCode::NOT_FOUND, "not-found").await;
    node.stop().await;
}

#[tokio::test]
async fn a_dataset_is_built_and_can_be_taken_away() {
    let node = Node::start().await;
    let body = json!({"name": "first try", "kind": "completion", "include_rejected": true});
    let built = node.create("/datasets", &body, StatusCode::CREATED).await;
    assert_eq!(
        (&built["status"], &built["rows"], &built["left_out"]),
        (&"built".into(), &1.into(), &2.into())
    );
    let path = format!("/datasets/{}", built["id"].as_str().unwrap());
    let export = node.get(&format!("{path}/export?format=jsonl")).send().await.unwrap();
    assert_eq!(export.headers()["content-disposition"], "attachment; filename*=UTF-8''first%20try.jsonl");
    assert_eq!(export.text().await.unwrap(), "{\"prompt\":\"p\",\"completion\":\"c\"}\n");
    assert_eq!(node.read(&format!("{path}/manifest")).await, json!({"rows": []}));
    assert_eq!(node.read("/datasets").await["datasets"][0]["id"], built["id"]);
    let parquet = node.get(&format!("{path}/export?format=parquet")).send().await.unwrap();
    problem_of(parquet, StatusCode::BAD_REQUEST, "malformed").await;
    for wrong in
        [json!({"name": "x"}), json!({"name": "", "kind": "sft"}), json!({"name": "x", "kind": "poetry"})]
    {
        let answer = node.post("/datasets").json(&wrong).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    node.stop().await;
}
