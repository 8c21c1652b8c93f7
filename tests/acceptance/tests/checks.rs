//! Documents and answers held against trusted sources: what supports them, what is missing, and when nothing can be said.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, time::Duration};

use acceptance::{Browser, Node, full, until};
use serde_json::{Value, json};
use servers::{Manner, ModelServer};
use tokio::time::{interval, timeout};

/// How long a check may take: it waits a minute for vectors that do not come.
const CHECKED_TIME_MAX: Duration = Duration::from_mins(2);

const TRUST: &str = "[[trust]]\nsource = \"/gateway/handbook\"\nlevel = \"trusted\"\n\n\
    [[trust]]\nsource = \"/gateway/wiki\"\nlevel = \"known\"\n";

const HANDBOOK: &str = "# The Aller bridge\n\nThe bridge over the Aller was opened on 26 June 1980. The bridge is 120 metres long. \
    Heavy trucks may use the bridge since version 2.3.1 of the traffic rules.\n";

const STRANGER: &str = "# Notes\n\nThe bridge over the Aller was opened in June 1980. The bridge over the Aller is 140 metres long. \
    Cheese melts slowly in copper kettles.\n";

async fn node_in(home: &std::path::Path, environment: &[(&str, &str)]) -> Node {
    fs::write(home.join("elite.toml"), TRUST).unwrap();
    Node::start_in(home, environment).await
}

/// The document's check, once there is one that `is_wanted`.
async fn check(node: &Node, id: &Value, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/knowledge/{}", id.as_str().unwrap());
    until("the document is checked", CHECKED_TIME_MAX, async || {
        let answer = node.ask(node.getting(&path)).await;
        let found = if answer.status == 200 { answer.json["check"].clone() } else { Value::Null };
        (!found.is_null() && is_wanted(&found)).then_some(found)
    })
    .await
}

async fn count(node: &Node, event_type: &str) -> u64 {
    node.told(&["events", "stats"]).await["types"][event_type].as_u64().unwrap_or(0)
}

/// The claim that begins so.
fn claim<'a>(check: &'a Value, beginning: &str) -> &'a Value {
    let claims = check["detail"]["claims"].as_array().unwrap();
    let found = claims.iter().find(|claim| claim["text"].as_str().unwrap().starts_with(beginning));
    found.unwrap_or_else(|| panic!("no claim `{beginning}` in {check:#}"))
}

fn cut(text: &str, range: &Value) -> String {
    let at = |end: &str| usize::try_from(range[end].as_u64().unwrap()).unwrap();
    text.chars().skip(at("start")).take(at("end") - at("start")).collect()
}

async fn text_of(node: &Node, id: &Value) -> (u64, String) {
    let page = node.read(&format!("/documents/{}/chunks", id.as_str().unwrap())).await;
    let chunk = &page["chunks"][0];
    (chunk["start_char"].as_u64().unwrap_or_default(), chunk["text"].as_str().unwrap().to_owned())
}

/// The documents of the passages on the bridge, with that much support at least.
async fn supported(node: &Node, least: &str) -> Vec<Value> {
    let found = node.read(&format!("/search?q=bridge+Aller&support_min={least}")).await;
    found["hits"].as_array().unwrap().iter().map(|hit| hit["document_id"].clone()).collect()
}

#[tokio::test]
async fn claims_are_supported_or_not_with_the_words_that_show_it() {
    let home = tempfile::tempdir().unwrap();
    let mut node = node_in(home.path(), &[]).await;
    let trusted = node.upload("handbook/bridge.md", HANDBOOK).await.expect(200)["id"].clone();
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    let found = check(&node, &stranger, |check| check["evidence_documents"] == 1).await;
    assert_eq!(
        (&found["claims"], &found["supported"], &found["unsupported"], &found["unsaid"]),
        (&json!(3), &json!(1), &json!(1), &json!(1)),
        "{found:#}"
    );
    let (score, low, high) = (&found["score"], &found["low"], &found["high"]);
    assert!(low.as_f64() <= score.as_f64() && score.as_f64() <= high.as_f64(), "{found:#}");

    let right = claim(&found, "The bridge over the Aller was opened");
    assert_eq!(
        (&right["verdict"], &right["evidence"]["document"]),
        (&json!("supported"), &trusted),
        "{right:#}"
    );
    assert_eq!(
        (&right["evidence"]["trust"], &right["evidence"]["name"]),
        (&json!("trusted"), &json!("handbook/bridge.md"))
    );
    let (start, text) = text_of(&node, &trusted).await;
    assert_eq!(start, 0, "places in the passage are places in the document");
    let spans = right["evidence"]["spans"].as_array().unwrap();
    assert!(
        spans.iter().any(|span| cut(&text, span).ends_with("The bridge over the Aller was opened")),
        "{right:#}"
    );

    let wrong = claim(&found, "The bridge over the Aller is 140");
    assert_eq!(
        (&wrong["verdict"], &wrong["mismatches"][0]["kind"]),
        (&json!("unsupported"), &json!("number")),
        "{wrong:#}"
    );
    let (_, claimed) = text_of(&node, &stranger).await;
    assert_eq!(cut(&claimed, &wrong["mismatches"][0]["claim"]), "140 metres");
    assert_eq!(cut(&text, &wrong["mismatches"][0]["evidence"]), "120 metres");
    let other = claim(&found, "Cheese");
    assert_eq!((&other["verdict"], &other["score"]), (&json!("cannot_say"), &Value::Null), "{other:#}");

    assert_eq!(supported(&node, "0").await.len(), 2);
    assert_eq!(supported(&node, "1").await, std::slice::from_ref(&trusted), "not all the other says is");

    let shown = node.told(&["knowledge", "show", stranger.as_str().unwrap()]).await;
    assert_eq!(shown["check"], found);
    let own = node.read(&format!("/knowledge/{}", trusted.as_str().unwrap())).await;
    assert_eq!(own["check"], Value::Null, "what is trusted is not checked");
    node.idle().await;
    node.verify().await;
    let report = node.told(&["projection", "rebuild", "checks"]).await;
    assert_eq!(report["promoted"], true, "{report}");
    let told = count(&node, "knowledge.checked").await;
    assert!(node.stop().await.success());
    node.restart().await;
    node.idle().await;
    assert_eq!(check(&node, &stranger, |_| true).await, found);
    assert_eq!(count(&node, "knowledge.checked").await, told, "nothing is checked twice");
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_text_is_checked_again_where_there_is_more_evidence_or_less() {
    let home = tempfile::tempdir().unwrap();
    let mut node = node_in(home.path(), &[]).await;
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    let found = check(&node, &stranger, |_| true).await;
    assert_eq!((&found["cannot_say"], &found["score"]), (&json!("no_evidence"), &Value::Null), "{found:#}");
    let known = node.upload("wiki/bridge.md", HANDBOOK).await.expect(200)["id"].clone();
    let found = check(&node, &stranger, |check| check["evidence_documents"] == 1).await;
    assert_eq!(
        claim(&found, "The bridge over the Aller was opened")["evidence"]["trust"],
        "known",
        "{found:#}"
    );
    let of_known = check(&node, &known, |check| check["evidence_documents"] == 1).await;
    assert_eq!(
        of_known["cannot_say"], "no_evidence",
        "a known source is checked, and does not support itself"
    );
    let path = format!("/documents/{}", known.as_str().unwrap());
    let deleted = node.client().delete(format!("{}{path}", node.base()));
    node.ask(deleted).await;
    let found = check(&node, &stranger, |check| check["evidence_documents"] == 0).await;
    assert_eq!(found["cannot_say"], "no_evidence", "what is gone supports nothing");
    node.idle().await;
    node.verify().await;
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn an_answer_is_checked_against_what_its_reader_may_read() {
    let home = tempfile::tempdir().unwrap();
    let mut node = node_in(home.path(), &[]).await;
    node.upload("notes.md", STRANGER).await.expect(200);
    // A trusted document, but about a person: it supports nobody else's answers.
    let request = node.posting("/ingest").query(&[("name", "handbook/dora.md"), ("datasubject", "dora")]);
    node.ask(request.header("content-type", "application/octet-stream").body(HANDBOOK)).await.expect(200);
    node.idle().await;
    let session = node.ask(node.posting("/sessions").json(&json!({}))).await.expect(201)["id"].clone();
    let session = session.as_str().unwrap().to_owned();
    let ask = async |question: Value| {
        let asked = node.posting(&format!("/sessions/{session}/interactions")).json(&question);
        node.ask(asked).await.expect(200)["id"].clone()
    };
    let prompt = "How long is the bridge over the Aller?";
    let nobodys = ask(json!({ "prompt": prompt })).await;
    let doras = ask(json!({ "prompt": prompt, "datasubject": "dora" })).await;
    let checked = until("both answers are checked", CHECKED_TIME_MAX, async || {
        let checks = node.read(&format!("/sessions/{session}")).await["checks"].clone();
        (checks.as_array().unwrap().len() == 2).then_some(checks)
    })
    .await;
    let of =
        |id: &Value| checked.as_array().unwrap().iter().find(|check| check["id"] == *id).unwrap().clone();
    assert_eq!(of(&nobodys)["cannot_say"], "no_evidence", "{checked:#}");
    assert!(!of(&nobodys).to_string().contains("handbook"), "{checked:#}");
    assert_eq!(of(&doras)["cannot_say"], Value::Null, "{checked:#}");
    assert!(of(&doras).to_string().contains("handbook/dora.md"));
    node.idle().await;
    node.verify().await;
    node.told(&["erase", "--subject", "dora", "--yes"]).await;
    let left = node.read(&format!("/sessions/{session}")).await["checks"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left:#}");
    node.verify().await;
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn the_page_shows_what_supports_a_document() {
    let home = tempfile::tempdir().unwrap();
    let mut node = node_in(home.path(), &[]).await;
    node.upload("handbook/bridge.md", HANDBOOK).await.expect(200);
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    check(&node, &stranger, |check| check["evidence_documents"] == 1).await;
    let Some(mut browser) = Browser::open(&format!("{}/", node.base())).await else {
        assert!(!full(), "chromium is missing; ./tests/run installs it");
        println!("NOT RUN: chromium is missing; ./tests/run installs it");
        return;
    };
    // Until the page is there nothing can be opened in it.
    let show = format!(
        "document.getElementById('drawer')?.open || void import('/ui/drawer.js').then(({{ open }}) => open({stranger}))"
    );
    let looking = async {
        let mut looks = interval(Duration::from_millis(500));
        loop {
            browser.evaluate(&show).await;
            let text = browser.evaluate("document.querySelector('.claims')?.innerText ?? ''").await;
            match text.as_str() {
                Some(text) if text.contains("1 of 3 claims supported by trusted sources") => {
                    return text.to_owned();
                }
                _ => looks.tick().await,
            };
        }
    };
    let shown = timeout(CHECKED_TIME_MAX, looking).await.unwrap();
    assert!(shown.contains("different amounts") && shown.contains("handbook/bridge.md (trusted)"), "{shown}");
    let marked = "[...document.querySelectorAll('.claims mark')].map((mark) => mark.textContent).join()";
    assert_eq!(browser.evaluate(marked).await, "140", "the words that are missing are marked");
    drop(browser);
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn without_trust_nothing_is_checked() {
    let mut node = Node::start().await;
    node.upload("handbook/bridge.md", HANDBOOK).await.expect(200);
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    node.idle().await;
    let found = node.read(&format!("/knowledge/{}", stranger.as_str().unwrap())).await;
    assert_eq!(found["check"], Value::Null);
    assert_eq!(count(&node, "knowledge.checked").await, 0);
    let told = node.elite(&["worker", "check"]).await;
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.stderr.contains("[[trust]]"), "{told:?}");
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_bad_level_is_named_with_the_fix() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("elite.toml"), TRUST.replace("\"known\"", "\"knwon\"")).unwrap();
    let told = acceptance::elite(home.path(), &[], &["doctor"]).await;
    assert_ne!(told.code, Some(0), "{told:?}");
    assert!(told.stderr.contains("`knwon`") && told.stderr.contains("choose `trusted`"), "{told:?}");
}

#[tokio::test]
async fn where_a_model_makes_vectors_what_is_meant_alike_counts_and_is_told() {
    let model = ModelServer::start().await;
    let home = tempfile::tempdir().unwrap();
    let environment = [("OLLAMA_BASE_URL", model.base_url()), ("ELITE_EMBED_MODEL", "hashed")];
    let mut node = node_in(home.path(), &environment).await;
    node.upload("handbook/bridge.md", HANDBOOK).await.expect(200);
    node.idle().await;
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    let found = check(&node, &stranger, |check| check["evidence_documents"] == 1).await;
    let likeness = |beginning| claim(&found, beginning)["likeness"].as_f64();
    let alike = likeness("The bridge over the Aller was opened").unwrap();
    assert!((0.3..=1.0).contains(&alike), "{found:#}");
    assert_eq!(likeness("Cheese"), None, "of what has no score nothing is measured");
    assert_eq!(claim(&found, "The bridge over the Aller is 140")["verdict"], "unsupported", "{found:#}");
    node.idle().await;
    let asked = model.texts();
    let report = node.told(&["projection", "rebuild", "checks"]).await;
    assert_eq!((&report["promoted"], model.texts()), (&json!(true), asked), "a replay asks no model");
    assert_eq!(check(&node, &stranger, |_| true).await, found);
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_judge_is_believed_where_its_samples_agree_and_costs_nobody_anything_where_it_fails() {
    let model = ModelServer::start().await;
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("OLLAMA_BASE_URL", model.base_url()),
        ("ELITE_JUDGE_MODEL", "judge"),
        ("ELITE_CHAT_MODEL", "nobody"),
    ];
    let mut node = node_in(home.path(), &environment).await;
    node.upload("handbook/bridge.md", HANDBOOK).await.expect(200);
    node.idle().await;
    let stranger = node.upload("notes.md", STRANGER).await.expect(200)["id"].clone();
    let found = check(&node, &stranger, |check| check["evidence_documents"] == 1).await;
    assert_eq!(found["judge"], "ollama:judge", "{found:#}");
    let judge = &found["detail"]["model"];
    assert_eq!(
        (&judge["samples"], &judge["asked"], &judge["abstained"]),
        (&json!(3), &json!(2), &json!(0)),
        "{found:#}"
    );
    assert!(judge["raw"].as_str().unwrap().starts_with("sha256:"), "{found:#}");
    let judged = &claim(&found, "The bridge over the Aller is 140")["judged"];
    assert_eq!((&judged["verdict"], &judged["agreed"]), (&json!("unsupported"), &json!(3)), "{found:#}");
    for (number, (manner, why)) in [
        (Manner::Unavailable, "did not answer"),
        (Manner::Hangs, "did not answer"),
        (Manner::Drips, "did not answer"),
        (Manner::Garbage, "has not the form"),
        (Manner::Invents, "quotes what the passage does not say"),
        (Manner::Disagrees, "not sure"),
    ]
    .into_iter()
    .enumerate()
    {
        model.answers(manner);
        let uploaded = node.upload(&format!("notes {number}.md"), STRANGER).await.expect(200);
        assert_eq!(uploaded["status"], "parsed");
        let found = check(&node, &uploaded["id"], |check| check["evidence_documents"] == 1).await;
        assert_eq!(
            (&found["judge"], &found["supported"]),
            (&json!("support/2"), &json!(1)),
            "{manner:?}: {found:#}"
        );
        assert!(found.to_string().contains(why), "{manner:?}: {found:#}");
        assert!(!found["score"].is_null(), "the measure stands: {found:#}");
    }
    model.answers(Manner::Well);
    node.idle().await;
    let asked = model.chats();
    node.verify().await;
    assert!(node.stop().await.success());
    fs::remove_dir_all(node.data_dir().join("postgres")).unwrap();
    node.restart().await;
    node.idle().await;
    node.verify().await;
    assert_eq!(check(&node, &stranger, |_| true).await["judge"], "ollama:judge");
    assert_eq!(model.chats(), asked, "a replay asks no model");
    assert!(node.stop().await.success());
}
