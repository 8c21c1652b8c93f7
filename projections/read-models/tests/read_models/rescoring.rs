//! What becomes of a judgement once the rules are others.

use event_model::family::knowledge::KnowledgeCompared;
use read_models::query::{compared_before, earlier_judgements, outdated_judgements, validation_scores};
use read_store::todo;
use uuid::Uuid;

use crate::{
    history::{History, id},
    projector::Projector,
    world::World,
};

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(1).await;
}

/// A document that was parsed; its `document.parsed`, and the blob.
async fn parsed(history: &History<'_>, number: u64) -> (Uuid, event_model::BlobRef) {
    let (_, received) = history.received(number).await;
    history.parsed(number, received, &["bad text"]).await
}

/// The judgement that holds of document 1, and those beside it.
async fn judged(world: &World) -> (String, Vec<(i32, Vec<String>)>) {
    let row = "select concat_ws(' ', rules_version, accepted, round(quality::numeric, 2)) from elite.knowledge where document_id::text like '%1'";
    let row = world.text(row).await;
    let client = world.store.client().await.unwrap();
    let earlier = earlier_judgements(&client, "default", id(1)).await.unwrap();
    let told = |one: read_models::query::EarlierJudgement| {
        (one.rules_version, one.changes.into_iter().map(|change| change.in_words).collect())
    };
    (row, earlier.into_iter().map(told).collect())
}

pub(crate) async fn the_newest_rules_hold_and_what_earlier_ones_found_stays_beside(world: &World) {
    let history = History::new(world);
    let (event, blob) = parsed(&history, 1).await;
    let first = history.validated_by(1, 1, event, &blob, "bad text").await;
    history.reviewed(1, true).await;
    fold(world, &history).await;
    assert_eq!(judged(world).await, ("1 f 0.50".to_owned(), vec![]));

    history.validated_by(2, 1, event, &blob, "bad text").await;
    fold(world, &history).await;
    let changed = vec![(1, vec!["rule no_junk: failed under 1, passes under 2".to_owned()])];
    assert_eq!(judged(world).await, ("2 f 0.33".to_owned(), changed.clone()));
    // Workers of earlier releases beside this one, and repeats, lower nothing and change nothing.
    for rules_version in [1, 2, 1] {
        history.validated_by(rules_version, 1, event, &blob, "another judgement").await;
    }
    fold(world, &history).await;
    assert_eq!(judged(world).await, ("2 f 0.33".to_owned(), changed));
    assert_eq!(world.text("select review from elite.knowledge").await, "accepted", "a verdict stays");
    let beside =
        "select string_agg(concat(rules_version, ':', rule, '=', passed), ' ' order by rules_version, rule)
                  from elite.validation_scores";
    assert_eq!(
        world.text(beside).await,
        "1:long_enough=t 1:no_junk=f 2:long_enough=t 2:no_junk=t",
        "scores of both are there"
    );
    let client = world.store.client().await.unwrap();
    let newest = validation_scores(&client, "default", id(1)).await.unwrap();
    assert!(newest.len() == 2 && newest.iter().all(|score| score.passed), "{newest:?}");
    let earlier = earlier_judgements(&client, "default", id(1)).await.unwrap();
    assert_eq!(earlier[0].event_id, first, "the first of its cause");
    drop(client);

    // Rules of before that judge for the first time, later than newer ones, take their place behind them.
    history.validated_by(3, 1, event, &blob, "bad text").await;
    let (event, blob) = parsed(&history, 1).await;
    fold(world, &history).await;
    assert_eq!(judged(world).await, ("null".to_owned(), vec![]), "of another text nothing is known");
    history.validated_by(3, 1, event, &blob, "bad text").await;
    history.validated_by(2, 1, event, &blob, "bad text").await;
    fold(world, &history).await;
    let changed = vec![(2, vec!["rule no_junk: passed under 2, fails under 3".to_owned()])];
    assert_eq!(judged(world).await, ("3 f 0.25".to_owned(), changed));
}

pub(crate) async fn documents_that_only_earlier_rules_judged_are_named_until_they_are_on_the_list(
    world: &World,
) {
    let history = History::new(world);
    for number in 1..=4 {
        let (event, blob) = parsed(&history, number).await;
        if number < 4 {
            history.validated_by(if number == 3 { 2 } else { 1 }, number, event, &blob, "text").await;
        } else {
            history.reviewed(number, true).await;
        }
    }
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    let named = async |rules_version, listed_max| {
        let found = outdated_judgements(&client, "validate", rules_version, listed_max).await.unwrap();
        let mut ids: Vec<u128> = found.iter().map(|document| document.id.as_u128() & 0xff).collect();
        ids.sort_unstable();
        (ids, found)
    };
    assert_eq!(named(1, 10).await.0, [0_u128; 0], "nobody judged it, or these rules did");
    assert_eq!(named(2, 10).await.0, [1, 2]);
    assert_eq!(named(3, 10).await.0, [1, 2, 3]);
    assert_eq!(named(2, 1).await.0.len(), 1);

    let document = named(2, 1).await.1.remove(0);
    let cause = todo::Cause {
        role: "validate",
        cause_id: document.event,
        key: format!("{}/{}", document.tenant, document.partitionkey),
        tenant: document.tenant,
        partition: document.partition,
        position: document.position,
        enqueued_at: document.recorded_at,
    };
    todo::add(&client, &[cause]).await.unwrap();
    let other = 3 - (document.id.as_u128() & 0xff);
    assert_eq!(named(2, 10).await.0, [other], "what is on the list is not named again");
    assert_eq!(named(2, 1).await.0, [0_u128; 0], "the list is full");
    client.execute("truncate elite.todo", &[]).await.unwrap();
}

pub(crate) async fn a_text_that_is_only_judged_anew_was_compared_before(world: &World) {
    let history = History::new(world);
    let (event, blob) = parsed(&history, 1).await;
    let judged = history.validated_by(1, 1, event, &blob, "text").await;
    let compared = KnowledgeCompared {
        parsed: blob.clone(),
        rules_version: 5,
        passages: 7,
        passages_left_out: 0,
        pairs: 2,
        conflicts: 1,
    };
    history.append(id(1), Some(judged), compared.clone()).await;
    let again = history.validated_by(2, 1, event, &blob, "text").await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    let known = async |event, parsed: &str, rules_version| {
        compared_before(&client, "default", event, parsed, rules_version).await.unwrap()
    };
    let found = known(event, blob.as_str(), 5).await.expect("it was compared");
    assert_eq!(serde_json::from_value::<KnowledgeCompared>(found).unwrap(), compared);
    assert_eq!(known(event, blob.as_str(), 6).await, None, "other rules of conflict look anew");
    assert_eq!(known(again, blob.as_str(), 5).await, None, "so does what was parsed anew");
    assert_eq!(known(event, "sha256:0", 5).await, None);
}
