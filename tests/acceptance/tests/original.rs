//! The acceptance test the project began with: hand in a file, read it back.

use acceptance::{Node, Part, form};

#[tokio::test]
async fn the_original_acceptance_test_passes() {
    let mut node = Node::start().await;
    let text = "# Lamps\n\nA lamp that blinks twice has lost its controller.\n";
    let (media_type, body) = form(&[Part { field: "file", file: Some("lamps.md"), bytes: text.as_bytes() }]);
    let sent = node.posting("/ingest").header("content-type", media_type).body(body);
    let ingested = node.ask(sent).await.expect(200);
    let id = ingested["id"].as_str().expect("an upload is answered with its id");

    let document = node.read(&format!("/documents/{id}")).await;
    assert_eq!(document["name"], "lamps.md");
    assert_eq!(document["status"], "parsed");
    assert_eq!(document["title"], "Lamps");
    let content = node.ask(node.getting(&format!("/documents/{id}/content"))).await;
    assert_eq!((content.status, content.text.as_str()), (200, text));
    let chunks = node.read(&format!("/documents/{id}/chunks")).await;
    let passage = chunks["chunks"][0]["text"].as_str().expect("there is a passage");
    assert!(passage.contains("blinks twice"), "{passage}");
    assert!(node.stop().await.success());
}
