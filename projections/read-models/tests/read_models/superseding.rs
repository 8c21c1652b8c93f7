//! What becomes of a version once another took its place.

use read_models::query::{newest_versions, other_versions, versions_of};
use uuid::Uuid;

use crate::{
    history::{History, id},
    projector::Projector,
    world::World,
};

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(10).await;
}

/// Where documents 1 and on stand, and what passages can be found.
async fn state(world: &World) -> String {
    let states = "select string_agg(status, ' ' order by name) from elite.documents";
    let passages = "select coalesce(string_agg(text, ' ' order by text), '-') from elite.chunks";
    let examples =
        "select coalesce(string_agg(completion, ' ' order by completion), '-') from elite.dataset_examples";
    let (found, taught) = (world.text(passages).await, world.text(examples).await);
    assert_eq!(found, taught, "passages and examples go together");
    format!("{}: {found}", world.text(states).await)
}

pub(crate) async fn a_superseded_version_is_not_found_and_can_still_be_read(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    let (event, parsed) = history.parsed(1, received, &["old"]).await;
    history.validated(1, event, &parsed, "old").await;
    history.superseded(1, 2, Some(received)).await;
    history.superseded(1, 3, None).await;
    fold(world, &history).await;
    assert_eq!(state(world).await, "superseded: -");
    let kept = "select concat_ws(' ', d.parsed is not null, d.chunks, d.title, k.quality, right(d.superseded_by::text, 1))
                from elite.documents d join elite.knowledge k on k.document_id = d.id";
    assert_eq!(
        world.text(kept).await,
        "t 1 Guide 0.5 2",
        "what was known of it is, and the first that took its place"
    );
}

pub(crate) async fn a_version_that_is_read_after_it_was_superseded_stays_so(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    history.superseded(1, 2, Some(received)).await;
    let (event, parsed) = history.parsed(1, received, &["late"]).await;
    history.validated(1, event, &parsed, "late").await;
    let (_, received) = history.received(2).await;
    history.superseded(2, 3, Some(received)).await;
    history.rejected(2, received).await;
    fold(world, &history).await;
    assert_eq!(state(world).await, "superseded superseded: -");
    let known =
        "select string_agg(concat_ws(' ', title, rejection_reason), ', ' order by name) from elite.documents";
    assert_eq!(world.text(known).await, "Guide, encrypted");
}

pub(crate) async fn bytes_that_come_back_are_in_use_again(world: &World) {
    let history = History::new(world);
    let (_, first) = history.received(1).await;
    history.parsed(1, first, &["old"]).await;
    history.superseded(1, 2, Some(first)).await;
    let (id, again) = history.received(1).await;
    history.superseded(1, 2, Some(first)).await;
    history.parsed(1, again, &["old"]).await;
    fold(world, &history).await;
    assert_eq!(state(world).await, "parsed: old", "what was said of the first life does not end the second");

    // They come back before anybody found out that another version had taken their place.
    let (_, third) = history.received_after(1, Some(Uuid::from_u128(2))).await;
    history.superseded(1, 2, Some(again)).await;
    history.parsed(1, third, &["old"]).await;
    fold(world, &history).await;
    assert_eq!(state(world).await, "parsed: old");
    history.received(1).await;
    history.superseded(1, 2, Some(third)).await;
    fold(world, &history).await;
    assert_eq!(
        state(world).await,
        "superseded: -",
        "without another version between, coming again changes nothing"
    );
    assert_eq!(world.text("select id::text from elite.documents").await, id.to_string());
}

/// Numbers of documents.
fn numbers(ids: impl IntoIterator<Item = Uuid>) -> Vec<u128> {
    ids.into_iter().map(|id| id.as_u128() & 0xff).collect()
}

/// Four versions of one source, the third by somebody, and one of another tenant; the events that brought them.
async fn four_versions(world: &World, history: &mut History<'_>) -> Vec<Uuid> {
    history.name = Some("guide.md");
    let mut brought = Vec::new();
    for number in 1..=5 {
        history.person = (number == 3).then_some("carol");
        let (_, received) = history.received(number).await;
        history.parsed(number, received, &["text"]).await;
        brought.push(received);
    }
    history.person = None;
    fold(world, history).await;
    world.execute("update elite.documents_v3 set tenant = 'other' where id::text like '%5'").await;
    brought
}

pub(crate) async fn versions_are_of_one_tenant_one_person_and_one_name(world: &World) {
    let mut history = History::new(world);
    let brought = four_versions(world, &mut history).await;
    history.name = None;
    let (other, received) = history.received(6).await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    let second = other_versions(&client, "default", id(2), brought[1]).await.unwrap();
    assert_eq!(numbers(second.iter().map(|version| version.id)), [1, 4]);
    assert_eq!(second.iter().map(|version| version.is_older).collect::<Vec<_>>(), [true, false]);
    assert!(second.iter().all(|version| version.given_received_event == brought[1] && version.is_parsed));
    for (number, event) in [(3, brought[2]), (5, brought[4]), (2, brought[0])] {
        let alone = other_versions(&client, "default", id(number), event).await.unwrap();
        assert_eq!(alone, [], "{number} by {event}");
    }
    assert_eq!(other_versions(&client, "default", other, received).await.unwrap(), []);

    let newest = newest_versions(&client, "default", &["guide.md", "absent.md"]).await.unwrap();
    let mut newest: Vec<_> = newest.into_iter().map(|row| (row.datasubject, numbers(row.document))).collect();
    newest.sort();
    assert_eq!(newest, [(None, vec![4]), (Some("carol".into()), vec![3])]);
}

pub(crate) async fn the_history_of_a_source_has_what_came_back_twice(world: &World) {
    let mut history = History::new(world);
    let brought = four_versions(world, &mut history).await;
    history.name = Some("guide.md");
    history.superseded(1, 2, Some(brought[0])).await;
    history.superseded(2, 4, Some(brought[1])).await;
    history.received(1).await;
    history.deleted(4).await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    let told = |versions: Vec<read_models::query::Version>| {
        let line = |version: read_models::query::Version| {
            format!("{}: {:?} {}", version.version, numbers([version.document_id]), version.status)
        };
        versions.into_iter().map(line).collect::<Vec<_>>()
    };
    let all = versions_of(&client, "default", id(2), i64::MAX, 10).await.unwrap();
    assert_eq!(told(all), ["4: [1] received", "3: [4] deleted", "2: [2] superseded", "1: [1] superseded"]);
    let page = versions_of(&client, "default", id(2), 4, 2).await.unwrap();
    assert_eq!(told(page), ["3: [4] deleted", "2: [2] superseded"]);
    let newest = newest_versions(&client, "default", &["guide.md"]).await.unwrap();
    assert_eq!(numbers(newest.iter().find(|row| row.datasubject.is_none()).unwrap().document), [1]);
}
