//! Other rules judge every document anew, out of the log and beside what earlier ones found: a log of an earlier release is
//! restored, and what its rules said is compared with what this release says of the same texts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path, time::Duration};

use acceptance::{Node, elite, until};
use serde_json::Value;

/// How long judging a few documents may take.
const JUDGED_TIME_MAX: Duration = Duration::from_mins(1);

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.to_owned());
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The judgement on every document that has one.
async fn judgements(node: &Node) -> Vec<Value> {
    let mut found = Vec::new();
    for document in node.documents().await {
        let path = format!("/knowledge/{}", document["id"].as_str().unwrap());
        let answer = node.ask(node.getting(&path)).await;
        if answer.status == 200 {
            found.push(answer.json);
        }
    }
    found
}

async fn count(node: &Node, event_type: &str) -> u64 {
    node.told(&["events", "stats"]).await["types"][event_type].as_u64().unwrap_or(0)
}

/// Waits until nothing has only earlier rules' judgement, and nothing is left to do.
async fn judged_anew(node: &Node) -> Vec<Value> {
    until("every document is judged anew", JUDGED_TIME_MAX, async || {
        let judged = judgements(node).await;
        let anew =
            |one: &Value| one["rules_version"].is_null() || one["earlier"][0]["rules_version"].is_i64();
        judged.iter().all(anew).then_some(())
    })
    .await;
    node.idle().await;
    judgements(node).await
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_judge_anew_what_an_earlier_release_judged_and_both_are_shown() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/0.1.0");
    let home = tempfile::tempdir().unwrap();
    copy(&golden, &home.path().join("blobs"));
    let blobs = format!("file:{}", home.path().join("blobs").display());
    let environment = [("ELITE_BLOB_URL", blobs.as_str())];
    let restored = elite(home.path(), &environment, &["restore", "--data-dir", "data", "--json"]).await;
    assert!(restored.expect(0).json()["events"].as_u64() > Some(10));

    let mut node = Node::start_in(home.path(), &environment).await;
    let judged = judged_anew(&node).await;
    assert!(judged.len() > 5, "{judged:?}");
    let mut changes = Vec::new();
    for one in &judged {
        let (now, before) = (&one["rules_version"], &one["earlier"][0]);
        assert!(now.as_i64() > before["rules_version"].as_i64(), "{one}");
        assert_ne!(one["event_id"], before["event_id"], "{one}");
        changes.extend(before["changes"].as_array().unwrap().iter().cloned());
        let id = one["document_id"].as_str().unwrap();
        let shown = node.told(&["knowledge", "show", id]).await;
        assert_eq!((&shown["earlier"], &shown["scores"]), (&one["earlier"], &one["scores"]), "{shown}");
    }
    assert!(
        changes.iter().all(|change| change["in_words"].as_str().unwrap().starts_with("rule ")),
        "{changes:?}"
    );
    let told = (count(&node, "knowledge.validated").await, count(&node, "knowledge.compared").await);

    // Out of the log come the same rows, and nothing is said again.
    node.verify().await;
    node.told(&["projection", "rebuild"]).await;
    assert!(node.stop().await.success());
    node.restart().await;
    assert_eq!(judged_anew(&node).await, judged);
    let again = (count(&node, "knowledge.validated").await, count(&node, "knowledge.compared").await);
    assert_eq!(again, told, "validated and compared");
    assert!(node.stop().await.success());
}
