//! Conflicts, where they stand, and which passages are worth comparing.

use read_models::query::{
    ConflictFilter, WordSample, candidates, comparable_passages, conflicts, settle_index,
};

use crate::{
    history::{History, id},
    projector::Projector,
    world::World,
};

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(10).await;
}

/// Every conflict's state, surest first.
async fn states(world: &World) -> String {
    let filter = ConflictFilter {
        tenant: "default",
        state: None,
        document: Some(id(1)),
        kind: Some("number"),
        before: None,
        limit: 10,
    };
    let client = world.store.client().await.unwrap();
    let found = conflicts(&client, &filter).await.unwrap();
    let states: Vec<String> =
        found.iter().map(|found| format!("{} {:.1}", found.state, found.confidence)).collect();
    states.join(", ")
}

async fn parsed(history: &History<'_>, number: u64, words: &[&str]) {
    let (_, received) = history.received(number).await;
    history.parsed(number, received, words).await;
}

pub(crate) async fn a_conflict_stands_as_long_as_both_documents_and_nobody_decides(world: &World) {
    let history = History::new(world);
    let conflict = history.conflicting(1, 2, Some(1)).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "outdated 0.3", "its documents are not there yet");
    parsed(&history, 1, &["one"]).await;
    parsed(&history, 2, &["two"]).await;
    history.conflicting(1, 2, Some(1)).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "open 0.3", "found twice, it is one");
    history.superseded(2, 3, None).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "outdated 0.3");
    parsed(&history, 2, &["two"]).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "open 0.3");
    history.deleted(1).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "outdated 0.3");
    history.resolved(conflict, Some(id(2))).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "decided 0.3");
}

pub(crate) async fn later_rules_find_it_anew_and_a_decision_stays(world: &World) {
    let history = History::new(world);
    parsed(&history, 1, &["one"]).await;
    parsed(&history, 2, &["two"]).await;
    let conflict = history.conflicting(1, 2, Some(1)).await;
    history.conflicting(1, 2, Some(3)).await;
    history.conflicting(1, 2, Some(2)).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "open 0.7", "the latest rules hold");
    history.resolved(conflict, None).await;
    history.conflicting(1, 2, Some(4)).await;
    fold(world, &history).await;
    assert_eq!(states(world).await, "decided 0.9");
}

pub(crate) async fn passages_lead_to_those_that_share_their_rare_words(world: &World) {
    let mut history = History::new(world);
    let asks = "The zephyr gateway retries a request for 30 seconds.";
    parsed(&history, 1, &[asks, "Nothing like it."]).await;
    parsed(&history, 2, &["Since Monday the zephyr gateway retries for 2 minutes.", "Bread is baked."]).await;
    parsed(&history, 3, &["Bread is baked with yeast."]).await;
    parsed(&history, 4, &["A zephyr gateway that was deleted retries."]).await;
    history.deleted(4).await;
    history.name = Some("document 1.md");
    parsed(&history, 5, &["An older version: the zephyr gateway retries."]).await;
    (history.name, history.person) = (None, Some("edda"));
    parsed(&history, 6, &["What edda says of the zephyr gateway."]).await;
    history.person = None;
    fold(world, &history).await;

    let client = world.store.client().await.unwrap();
    settle_index(&client).await.unwrap();
    let sample = WordSample::draw(&client, "default").await.unwrap();
    let own = comparable_passages(&client, "default", id(1), 0, 10).await.unwrap();
    assert_eq!(own.len(), 2);
    let sentences: Vec<Vec<&str>> = own.iter().map(|passage| vec![passage.text.as_str()]).collect();
    let found = candidates(&client, "default", (id(1), &own[0].name), &sentences, &sample).await.unwrap();
    let found: Vec<Vec<_>> = found
        .iter()
        .map(|of_passage| of_passage.iter().map(|passage| (passage.document_id, passage.ordinal)).collect())
        .collect();
    assert_eq!(found, [vec![(id(2), 0)], vec![]]);
    assert_eq!(
        comparable_passages(&client, "default", id(6), 0, 10).await.unwrap(),
        [],
        "edda's is nobody's to compare"
    );
    let other = candidates(&client, "other", (id(1), "x"), &sentences, &sample).await.unwrap();
    assert!(other.iter().all(Vec::is_empty), "tenants do not meet");
}
