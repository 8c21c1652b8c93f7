//! Vectors: asked for once and never again, found again after every change, and missed by nobody when their model is away.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fmt::Write, time::Duration};

use acceptance::{Dice, Node, paragraph, until};
use serde_json::Value;
use servers::{Manner, ModelServer};

/// How long a model that was away may take to be asked again: the pause between tries grows to five minutes.
const CAUGHT_UP_TIME_MAX: Duration = Duration::from_mins(2);
/// Paragraphs on 300 pages.
const PARAGRAPHS: usize = 900;

async fn node(model: &ModelServer) -> Node {
    Node::start_with(&[("OLLAMA_BASE_URL", model.base_url()), ("ELITE_EMBED_MODEL", "hashed")]).await
}

async fn embedded(node: &Node) {
    until("every document has vectors", CAUGHT_UP_TIME_MAX, async || {
        let findings = node.told(&["doctor"]).await;
        let search = findings.as_array().unwrap().iter().find(|one| one["check"] == "search").unwrap();
        let found = search["found"].as_str().unwrap();
        let (done, all) = found.split_once(" documents have").unwrap().0.rsplit_once(" of ").unwrap();
        (done.rsplit(' ').next() == Some(all)).then_some(())
    })
    .await;
}

async fn search(node: &Node, query: &str) -> Value {
    node.read(&format!("/search?q={query}")).await
}

/// A long document, whose paragraph `changed` says something else.
fn book(changed: Option<usize>) -> String {
    let mut dice = Dice::new(7);
    let mut text = String::new();
    for number in 0..PARAGRAPHS {
        if number % 30 == 0 {
            write!(text, "# Chapter {}\n\n", number / 30).unwrap();
        }
        let paragraph = paragraph(&mut dice);
        let other =
            (changed == Some(number)).then_some("Nothing of this was there before, and it is short. ");
        write!(text, "{}{paragraph}\n\n", other.unwrap_or_default()).unwrap();
    }
    text
}

#[tokio::test]
async fn one_changed_paragraph_of_a_book_asks_for_one_vector_or_three() {
    let model = ModelServer::start().await;
    let mut node = node(&model).await;
    node.upload("book.md", book(None)).await.expect(200);
    node.idle().await;
    embedded(&node).await;
    let first = model.texts();
    assert!(first > 100, "a vector for each passage: {first}");

    node.upload("book.md", book(Some(PARAGRAPHS / 2))).await.expect(200);
    node.idle().await;
    embedded(&node).await;
    let changed = model.texts() - first;
    assert!((1..=3).contains(&changed), "{changed} of {first} texts were asked for again");

    node.kill().await;
    node.restart().await;
    node.upload("copy.md", book(None)).await.expect(200);
    node.idle().await;
    embedded(&node).await;
    assert_eq!(model.texts(), first + changed, "what was embedded before the restart is known after it");
}

#[tokio::test]
async fn a_replay_asks_no_model_and_gives_the_same_rows() {
    let model = ModelServer::start().await;
    let mut node = node(&model).await;
    node.upload("tea.md", "# Tea\n\nBoil water and let the leaves steep.\n").await.expect(200);
    node.upload("owl.md", "# Owl\n\nIt hunts mice at night.\n").await.expect(200);
    node.idle().await;
    embedded(&node).await;
    let asked = model.texts();
    let report = node.told(&["projection", "rebuild", "embeddings", "chunks"]).await;
    assert_eq!(report["promoted"], true, "{report}");
    node.verify().await;
    assert_eq!(node.stop().await.code(), Some(0));
    std::fs::remove_dir_all(node.data_dir().join("postgres")).unwrap();
    node.restart().await;
    node.idle().await;
    embedded(&node).await;
    assert_eq!(model.texts(), asked, "vectors come from the log");
    let found = search(&node, "steeping").await;
    assert_eq!((&found["mode"], &found["notes"]), (&"hybrid".into(), &serde_json::json!([])), "{found}");
    assert_eq!(found["hits"][0]["name"], "tea.md");
    assert!(found["hits"][0]["why"]["meaning"]["rank"].as_u64() == Some(1), "{found}");
}

#[tokio::test]
async fn a_model_that_fails_costs_nobody_else_anything_and_is_asked_again() {
    let model = ModelServer::start().await;
    model.answers(Manner::Unavailable);
    let node = node(&model).await;
    let uploaded = node.upload("tea.md", "# Tea\n\nBoil water and let the leaves steep.\n").await.expect(200);
    assert_eq!(uploaded["status"], "parsed");
    for (manner, why) in [
        (Manner::Unavailable, "503"),
        (Manner::Garbage, "no vectors"),
        (Manner::Drips, "did not answer"),
        (Manner::Hangs, "did not answer"),
    ] {
        model.answers(manner);
        let found = search(&node, "leaves").await;
        assert_eq!((&found["mode"], found["hits"].as_array().unwrap().len()), (&"lexical".into(), 1));
        let told = found["notes"][0].as_str().unwrap();
        assert!(told.starts_with("search is lexical") && told.contains(why), "{manner:?}: {told}");
    }
    let answer = node.told(&["ask", "How do leaves steep?"]).await;
    assert_eq!(answer["status"], "answered", "{answer}");
    model.answers(Manner::Well);
    embedded(&node).await;
    assert_eq!(search(&node, "leaves").await["mode"], "hybrid");
}

#[tokio::test]
async fn without_a_model_search_is_lexical_and_says_so() {
    let node = Node::start().await;
    node.upload("tea.md", "# Tea\n\nBoil water and let the leaves steep.\n").await.expect(200);
    node.idle().await;
    let found = search(&node, "leaves").await;
    assert_eq!(found["mode"], "lexical");
    assert!(found["notes"][0].as_str().unwrap().contains("ELITE_EMBED_MODEL"), "{found}");
    let told = node.elite(&["worker", "embed"]).await;
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.stderr.contains("ELITE_EMBED_MODEL"), "{told:?}");
}
