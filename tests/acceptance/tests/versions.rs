//! Versions of a source: the last one that can be read is in use, and the others are its history.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use acceptance::Node;
use futures::future::join_all;
use serde_json::Value;

const PATH: &str = "notes/weir.md";

fn id(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

/// Waits until nothing is left to do, and what was told beside the last result is folded, too.
async fn settled(node: &Node) -> Value {
    node.idle().await;
    node.idle().await
}

async fn status(node: &Node, id: &str) -> String {
    node.read(&format!("/documents/{id}")).await["status"].as_str().unwrap().to_owned()
}

/// The documents in which a word is found.
async fn found(node: &Node, word: &str) -> Vec<String> {
    let answer = node.read(&format!("/search?q={word}")).await;
    let hits = answer["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["document_id"].as_str().unwrap().to_owned()).collect()
}

/// The numbers, states and documents of all versions, newest first.
async fn history(node: &Node, id: &str) -> Vec<(i64, String, String)> {
    let page = node.read(&format!("/documents/{id}/versions")).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let versions = page["versions"].as_array().unwrap().iter();
    versions
        .map(|one| (one["version"].as_i64().unwrap(), text(&one["status"]), text(&one["document_id"])))
        .collect()
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old_one_and_the_old_one_can_come_back() {
    let mut node = Node::start().await;
    let first = node.upload(PATH, "# Weir\n\nA heron stands at the weir.\n").await.expect(200);
    let before = settled(&node).await["log"]["events"].clone();
    let same = node.upload(PATH, "# Weir\n\nA heron stands at the weir.\n").await.expect(200);
    assert_eq!((&same["duplicate"], &same["id"]), (&true.into(), &first["id"]), "{same}");
    assert_eq!(settled(&node).await["log"]["events"], before, "the same bytes again cost nothing");

    let second = node.upload(PATH, "# Weir\n\nA bittern booms at the weir.\n").await.expect(200);
    assert_eq!(second["previous_version"], first["id"], "{second}");
    settled(&node).await;
    let old = node.read(&format!("/documents/{}", id(&first))).await;
    assert_eq!((&old["status"], &old["superseded_by"]), (&"superseded".into(), &second["id"]), "{old}");
    assert_eq!(
        (&old["parsed"], &old["title"]),
        (&first["parsed"], &"Weir".into()),
        "its history can be read"
    );
    assert_eq!((found(&node, "heron").await, found(&node, "bittern").await.len()), (vec![], 1));
    assert_eq!(node.documents().await.len(), 1, "the list has what is in use");

    let back = node.upload(PATH, "# Weir\n\nA heron stands at the weir.\n").await.expect(200);
    assert_eq!(
        (&back["id"], &back["duplicate"], &back["status"]),
        (&first["id"], &false.into(), &"parsed".into())
    );
    settled(&node).await;
    assert_eq!((found(&node, "heron").await.len(), found(&node, "bittern").await), (1, vec![]));
    let [one, two] = [id(&first).to_owned(), id(&second).to_owned()];
    let expected = [(3, "parsed", &one), (2, "superseded", &two), (1, "superseded", &one)];
    let expected = expected.map(|(number, status, id)| (number, status.to_owned(), id.clone()));
    assert_eq!(history(&node, &two).await, expected);

    // Handed in again at once, whatever the roles have found out by then.
    for text in ["bittern booms", "heron stands", "bittern booms"] {
        node.upload(PATH, format!("# Weir\n\nA {text} at the weir.\n")).await.expect(200);
    }
    settled(&node).await;
    assert_eq!(
        (status(&node, &one).await.as_str(), status(&node, &two).await.as_str()),
        ("superseded", "parsed")
    );
    node.verify().await;
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn what_cannot_be_read_takes_nobodys_place() {
    let mut node = Node::start().await;
    let good = node.upload(PATH, "# Weir\n\nA heron stands at the weir.\n").await.expect(200);
    let bad = node.upload(PATH, [0, 1, 2, 0, 255, 254, 0, 9].repeat(64)).await.expect(200);
    assert_eq!(bad["status"], "rejected", "{bad}");
    settled(&node).await;
    assert_eq!(status(&node, id(&good)).await, "parsed");
    assert_eq!(found(&node, "heron").await, [id(&good)]);

    let better = node.upload(PATH, "# Weir\n\nTwo herons stand at the weir.\n").await.expect(200);
    settled(&node).await;
    assert_eq!(status(&node, id(&good)).await, "superseded");
    let old = node.read(&format!("/documents/{}", id(&bad))).await;
    assert_eq!(old["status"], "superseded", "{old}");
    assert_eq!(old["rejection_reason"], bad["rejection_reason"], "why it was rejected is still known");
    assert_eq!(found(&node, "herons").await, [id(&better)]);
    node.verify().await;
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn of_many_versions_at_once_one_is_in_use_even_if_the_node_is_killed() {
    const VERSIONS: usize = 24;
    let mut node = Node::start().await;
    let mut ids: Vec<String> = Vec::new();
    for round in 0..3 {
        let sending = (0..VERSIONS).map(|number| {
            let text = format!("# Weir\n\nRound {round}: {number} herons stand at the weir.\n");
            node.posting("/ingest").query(&[("name", PATH)]).header("prefer", "respond-async").body(text)
        });
        let sending = sending.map(|request| request.header("content-type", "text/plain").send());
        for answer in join_all(sending).await {
            let answer: Value = answer.unwrap().json().await.unwrap();
            ids.push(id(&answer).to_owned());
        }
        // Some are parsed by now, some are not, and some are about to be superseded.
        node.kill().await;
        node.restart().await;
    }
    settled(&node).await;
    let versions = history(&node, &ids[0]).await;
    assert_eq!(versions.len(), 50, "a page");
    let in_use: Vec<&str> = versions.iter().map(|(_, status, _)| status.as_str()).collect();
    assert_eq!(in_use[0], "parsed");
    assert!(in_use[1..].iter().all(|status| *status == "superseded"), "{in_use:?}");
    let superseded = node.read("/documents?status=superseded&limit=500").await;
    assert_eq!(superseded["documents"].as_array().unwrap().len(), 3 * VERSIONS - 1);
    assert_eq!(found(&node, "herons").await, [versions[0].2.as_str()]);
    assert!(ids[2 * VERSIONS..].contains(&versions[0].2), "one of the last round");
    node.verify().await;
    assert!(node.stop().await.success());
}
