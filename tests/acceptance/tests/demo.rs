//! `elite demo`: the first thing a newcomer runs.

use acceptance::elite;
use serde_json::Value;

fn total(values: &Value) -> u64 {
    values.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
}

#[tokio::test]
async fn the_demo_exits_cleanly_and_its_counts_add_up() {
    let home = tempfile::tempdir().unwrap();
    let report = elite(home.path(), &[], &["demo", "--json"]).await.expect(0).json();
    let pushed = &report["pushed"];
    let rejected = pushed["rejected"].as_array().unwrap().len();
    let parsed = pushed["parsed"].as_u64().unwrap();
    let documents = report["documents"].as_array().unwrap();
    println!("demo: {parsed} parsed, {rejected} rejected, {}", report["stats"]["types"]);
    assert_eq!(pushed["files"], documents.len(), "{pushed}");
    assert_eq!(documents.len() as u64, parsed + rejected as u64);
    assert_eq!(rejected, 1, "{pushed}");
    assert_eq!(report["knowledge"].as_array().unwrap().len() as u64, parsed);
    let accepted = documents.iter().filter(|document| document["accepted"] == true).count();
    assert!(accepted > 0 && (accepted as u64) < parsed, "{accepted} of {parsed} are accepted");
    assert!(!report["search"]["hits"].as_array().unwrap().is_empty());

    let answers = report["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 5);
    for answer in answers {
        assert_eq!(answer["status"], "answered", "{answer}");
        assert!(!answer["citations"].as_array().unwrap().is_empty(), "{answer}");
    }
    let datasets = report["datasets"].as_array().unwrap();
    assert_eq!(datasets.len(), 4);
    assert!(datasets.iter().all(|dataset| dataset["rows"].as_u64() > Some(0)), "{}", report["datasets"]);

    let (stats, types) = (&report["stats"], &report["stats"]["types"]);
    assert_eq!(stats["events"], total(types), "{stats}");
    assert_eq!(types["document.received"], documents.len(), "{stats}");
    assert_eq!(
        (&types["document.parsed"], &types["document.rejected"]),
        (&parsed.into(), &1.into()),
        "{stats}"
    );
    assert_eq!(types["knowledge.validated"], parsed, "{stats}");
    assert_eq!(types["knowledge.compared"], parsed, "{stats}");
    assert_eq!((&types["interaction.answered"], &types["feedback.given"]), (&5.into(), &5.into()), "{stats}");
    assert_eq!(types["dataset.built"], 4, "{stats}");
    let projections = report["verification"]["projections"].as_array().unwrap();
    assert!(projections.iter().all(|projection| projection["equal"] == true), "{}", report["verification"]);
    assert!(!home.path().join(".elite").exists(), "the demo leaves nothing behind unless asked to");
}
