//! Documents that contradict each other: found as they arrive, told once, and closed by a newer version or a person.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use acceptance::Node;
use futures::future::join_all;
use serde_json::{Value, json};

/// Waits until nothing is left to do, and what was told beside the last result is folded, too.
async fn settled(node: &Node) -> Value {
    node.idle().await;
    node.idle().await
}

/// A page about the zephyr gateway, among what has nothing to do with it.
fn page(title: &str, sentence: &str) -> String {
    let mut text =
        format!("# {title}\n\nThis page is kept by the harbour office.\n\n## Limits\n\n{sentence}\n");
    for word in ["lantern", "ledger", "meadow", "engine", "harbour"] {
        write!(text, "\n## {word}\n\nWhat {title} says of the {word} is said elsewhere.\n").unwrap();
    }
    text
}

async fn upload(node: &Node, name: &str, sentence: &str) -> String {
    let title = name.trim_end_matches(".md");
    let document = node.upload(name, page(title, sentence)).await.expect(200);
    document["id"].as_str().unwrap().to_owned()
}

/// Kind and documents of the conflicts in a state, by name.
async fn conflicts(node: &Node, state: &str) -> Vec<(String, [String; 2])> {
    let page = node.read(&format!("/conflicts?state={state}")).await;
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let told = |one: &Value| {
        let mut names = [text(&one["left_name"]), text(&one["right_name"])];
        names.sort();
        (text(&one["kind"]), names)
    };
    let mut all: Vec<_> = page["conflicts"].as_array().unwrap().iter().map(told).collect();
    all.sort();
    all
}

fn pair(kind: &str, one: &str, other: &str) -> (String, [String; 2]) {
    (kind.to_owned(), [one.to_owned(), other.to_owned()])
}

async fn count(node: &Node, event_type: &str) -> u64 {
    node.told(&["events", "stats"]).await["types"][event_type].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn what_contradicts_is_found_once_and_closed_by_a_newer_version_or_a_person() {
    let mut node = Node::start().await;
    // Both at once: whoever is looked at last sees the other.
    let pushed = [
        upload(&node, "a.md", "The zephyr gateway retries a request for 30 seconds."),
        upload(&node, "b.md", "The zephyr gateway retries a request for 2 minutes."),
    ];
    let ids = join_all(pushed).await;
    settled(&node).await;
    assert_eq!(conflicts(&node, "open").await, [pair("number", "a.md", "b.md")]);
    // One more at a time.
    upload(&node, "c.md", "The zephyr gateway never retries a request for 30 seconds.").await;
    upload(&node, "d.md", "The quokka gateway is painted blue.").await;
    settled(&node).await;
    let open = conflicts(&node, "open").await;
    assert!(open.contains(&pair("negation", "a.md", "c.md")), "{open:?}");
    let (detected, compared) =
        (count(&node, "conflict.detected").await, count(&node, "knowledge.compared").await);
    assert_eq!((detected, compared), (open.len() as u64, 4), "nothing is told twice: {open:?}");

    // A newer version that agrees takes the place of the one that did not.
    upload(&node, "c.md", "The zephyr gateway retries a request for 30 seconds, as everybody knows.").await;
    settled(&node).await;
    let still = conflicts(&node, "open").await;
    assert!(!still.contains(&pair("negation", "a.md", "c.md")), "{still:?}");
    assert!(conflicts(&node, "outdated").await.contains(&pair("negation", "a.md", "c.md")));

    // A person decides.
    let of_a = node.read(&format!("/conflicts?document={}&kind=number", ids[0])).await;
    let conflict = of_a["conflicts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["left_name"] != "c.md" && one["right_name"] != "c.md");
    let decision = json!({ "conflict": conflict.unwrap()["id"], "holds": "this", "reviewer": "ada" });
    let path = format!("/knowledge/{}/review", ids[0]);
    let decided = node.ask(node.posting(&path).json(&decision)).await.expect(200);
    assert_eq!(
        (&decided["conflict"]["keep"], &decided["conflict"]["state"]),
        (&ids[0].as_str().into(), &"decided".into())
    );
    assert_eq!(conflicts(&node, "decided").await, [pair("number", "a.md", "b.md")]);

    node.verify().await;
    let before = (conflicts(&node, "open").await, conflicts(&node, "outdated").await);
    assert!(node.stop().await.success());
    node.restart().await;
    settled(&node).await;
    assert_eq!((conflicts(&node, "open").await, conflicts(&node, "outdated").await), before);
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_persons_document_is_compared_with_nobody() {
    let mut node = Node::start().await;
    upload(&node, "a.md", "The zephyr gateway retries a request for 30 seconds.").await;
    let text = page("dora", "The zephyr gateway retries a request for 2 minutes.");
    let request = node.posting("/ingest").query(&[("name", "dora.md"), ("datasubject", "dora")]);
    node.ask(request.header("content-type", "application/octet-stream").body(text)).await.expect(200);
    settled(&node).await;
    assert_eq!(conflicts(&node, "all").await, []);
    assert_eq!(count(&node, "knowledge.compared").await, 2, "it is done with all the same");
    node.verify().await;
    assert!(node.stop().await.success());
}
