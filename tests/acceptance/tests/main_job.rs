//! The main job: a folder of files in; documents, scores, search, answers and a dataset out.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, time::Instant};

use acceptance::{Dice, Ended, Node, write_folder};
use serde_json::Value;

const FILES: usize = 40;
const SEED: u64 = 40;
/// A sentence that stands in one of the files.
const NEEDLE: &str = "The quokka gate opens only after the second lantern has been lit.";

#[tokio::test]
async fn a_folder_becomes_documents_scores_search_and_a_dataset() {
    let mut node = Node::start().await;
    println!("cold start: {:.2} s", node.start_seconds());
    push_a_folder(&node).await;
    documents_and_scores_are_there(&node).await;
    search_and_answers_find_the_needle(&node).await;
    let dataset = a_dataset_names_its_sources(&node).await;
    every_row_is_proved_and_rebuilt(&node).await;

    let beside = node.told(&["events", "stats"]).await;
    let before = node.documents().await;
    assert!(node.stop().await.success());
    let alone = node.told(&["events", "stats"]).await;
    assert_eq!(beside, alone, "a command answers the same beside a node and on its own");

    node.restart().await;
    println!("warm start: {:.2} s", node.start_seconds());
    assert_eq!(node.documents().await, before);
    let again = node.elite(&["dataset", "export", &dataset.id]).await.expect(0);
    assert_eq!(again.stdout, dataset.rows);
    assert!(!node.data_dir().join("postgres.set-aside-1").exists(), "a warm start opens what is there");
    assert!(node.stop().await.success());
}

async fn push_a_folder(node: &Node) {
    let folder = node.home().join("files");
    write_folder(&folder, FILES, &mut Dice::new(SEED));
    let hidden = folder.join("note-04.md");
    let text = fs::read_to_string(&hidden).unwrap();
    fs::write(&hidden, format!("{text}\n## The gate\n\n{NEEDLE}\n")).unwrap();

    let begun = Instant::now();
    let gateway = node.base();
    let pushed = node.told(&["push", "files", "--gateway", &gateway]).await;
    println!("pushed {FILES} files in {:.2} s: {pushed}", begun.elapsed().as_secs_f64());
    assert_eq!((&pushed["files"], &pushed["parsed"]), (&FILES.into(), &FILES.into()), "{pushed}");
    let again = node.told(&["push", "files", "--gateway", &gateway]).await;
    assert_eq!((&again["already_there"], &again["parsed"]), (&FILES.into(), &0.into()), "{again}");
}

async fn documents_and_scores_are_there(node: &Node) {
    let status = node.idle().await;
    assert_eq!(status["documents"]["parsed"], FILES, "{status}");
    assert_eq!(status["dead_letters"]["count"], 0, "{status}");
    let documents = node.documents().await;
    assert_eq!(documents.len(), FILES);
    let (mut chunks, mut failed) = (0, BTreeMap::new());
    for document in &documents {
        let (id, name) = (document["id"].as_str().unwrap(), &document["name"]);
        let titled = ["text/markdown", "text/html"].contains(&document["media_type"].as_str().unwrap());
        let title = document["title"].as_str().unwrap_or_default();
        assert!(!titled || title.starts_with("Note"), "{document}");
        chunks += document["chunks"].as_u64().unwrap();
        let knowledge = node.read(&format!("/knowledge/{id}")).await;
        let quality = knowledge["quality"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&quality), "{name}: {quality}");
        let scores = knowledge["scores"].as_array().unwrap();
        assert!(scores.len() > 5, "{knowledge}");
        for score in scores.iter().filter(|score| score["passed"] == false) {
            *failed.entry(score["rule"].to_string()).or_insert(0) += 1;
        }
    }
    assert_eq!(status["rows"]["chunks"], chunks, "{status}");
    let accepted = documents.iter().filter(|document| document["accepted"] == true).count();
    println!("{chunks} passages, {accepted} documents accepted; rules that were not satisfied: {failed:?}");
    assert!(accepted > FILES / 2, "only {accepted} of {FILES} ordinary texts are accepted");
}

async fn search_and_answers_find_the_needle(node: &Node) {
    let found = node.told(&["search", "quokka", "lantern"]).await;
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["hits"][0]["name"], "note-04.md", "{found}");
    let over_http = node.read("/search?q=quokka%20lantern").await;
    assert_eq!(over_http["hits"][0]["document_id"], found["hits"][0]["document_id"]);

    let answer = node.told(&["ask", "When does the quokka gate open?"]).await;
    assert_eq!((&answer["status"], &answer["model"]), (&"answered".into(), &"extractive".into()), "{answer}");
    assert!(answer["answer"].as_str().unwrap().contains("second lantern"), "{answer}");
    assert_eq!(answer["citations"][0]["name"], "note-04.md", "{answer}");
}

/// A dataset that was built, and its rows as they were exported.
struct Built {
    id: String,
    rows: String,
}

async fn a_dataset_names_its_sources(node: &Node) -> Built {
    let built = node.told(&["dataset", "build", "completion", "--name", "acceptance"]).await;
    let id = built["id"].as_str().unwrap().to_owned();
    assert_eq!(built["status"], "built", "{built}");
    let exported: Ended = node.elite(&["dataset", "export", &id]).await.expect(0);
    let rows = exported.json_lines();
    println!("dataset: {} rows, {} left out", rows.len(), built["left_out"]);
    assert!(!rows.is_empty(), "{built}");
    assert_eq!(built["rows"], rows.len(), "{built}");
    for row in &rows {
        assert!(row["prompt"].is_string() && row["completion"].is_string(), "{row}");
    }
    let silent = node.elite(&["dataset", "export", &id, "--output", "train.jsonl"]).await.expect(0);
    assert_eq!(silent.stdout, "");
    assert_eq!(fs::read_to_string(node.home().join("train.jsonl")).unwrap(), exported.stdout);

    let verified = node.told(&["dataset", "verify", &id]).await;
    assert_eq!((&verified["sound"], &verified["rows"]), (&true.into(), &rows.len().into()), "{verified}");
    explained(node, &id, rows.len()).await;
    let again = node.told(&["dataset", "build", "completion", "--name", "acceptance"]).await;
    assert_eq!(again["content"], built["content"], "building twice gives the same bytes");
    Built { id, rows: exported.stdout }
}

/// Every row of the manifest leads to events that are in the log; what was left out says why.
async fn explained(node: &Node, id: &str, rows: usize) {
    let manifest = node.read(&format!("/datasets/{id}/manifest")).await;
    let examples = manifest["examples"].as_array().unwrap();
    assert_eq!(examples.len(), rows);
    assert!(examples.iter().all(|row| row["events"].as_array().is_some_and(|events| !events.is_empty())));
    let row = examples[0]["example"].as_str().unwrap();
    let explanation = node.told(&["dataset", "explain", row]).await;
    assert_eq!(explanation["source"], examples[0]["source"], "{explanation}");
    let events = explanation["events"].as_array().unwrap();
    let types: Vec<&str> = events.iter().filter_map(|event| event["event_type"].as_str()).collect();
    assert!(types.contains(&"document.received") && types.contains(&"document.parsed"), "{explanation}");
    let shown = node.told(&["events", "show", events[0]["id"].as_str().unwrap()]).await;
    assert_eq!(shown["event"]["type"], events[0]["event_type"], "{shown}");
    let left_out: Option<&Value> = manifest["left_out"].as_array().and_then(|all| all.first());
    if let Some(left_out) = left_out {
        node.told(&["dataset", "explain", left_out["example"].as_str().unwrap()]).await;
    }
}

async fn every_row_is_proved_and_rebuilt(node: &Node) {
    let before = node.documents().await;
    node.verify().await;
    let rebuilt = node.told(&["projection", "rebuild"]).await;
    let projections = rebuilt["projections"].as_array().unwrap();
    assert!(projections.iter().all(|projection| projection["equal"] == true), "{rebuilt}");
    assert_eq!(node.documents().await, before);
    node.verify().await;
}
