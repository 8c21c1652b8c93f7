//! History to query, and what becomes of it when a person is erased.

use std::collections::BTreeMap;

use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_models::{
    AsOf, History as Kept, OnDifference, PROJECTIONS, RebuildError, drop_as_of, drop_kept_about, kept,
};

use crate::{
    history::History,
    projector::Projector,
    rebuilding::{no_scratch_is_left, quiet},
    world::{PARTITIONS, World},
};

/// What readers see through the views of a schema, in one number.
async fn seen(world: &World, schema: &str) -> String {
    let mut seen = Vec::new();
    for view in
        ["documents", "chunks", "knowledge", "interactions", "feedback", "dataset_examples", "duplicates"]
    {
        let rows = format!(
            "select md5(coalesce(string_agg(v::text, ',' order by v::text), '')) from {schema}.{view} v"
        );
        seen.push(world.text(&rows).await);
    }
    seen.join(" ")
}

async fn positions(world: &World) -> BTreeMap<u16, u64> {
    let client = world.store.client().await.unwrap();
    let rows =
        client.query("select partition, position from elite.subscription_partition", &[]).await.unwrap();
    let place = |row: &read_store::Row| {
        (u16::try_from(row.get::<_, i32>(0)).unwrap(), row.get::<_, i64>(1).unsigned_abs())
    };
    rows.iter().map(place).collect()
}

/// Folds a history by halves; tells what readers saw after the first, and where that was.
async fn folded_by_halves(
    world: &World,
    history: &mut History<'_>,
    seed: u64,
) -> (String, BTreeMap<u16, u64>) {
    history.draw(seed, 80).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let half = (seen(world, "elite").await, positions(world).await);
    history.draw(seed + 1, 80).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    assert_ne!(seen(world, "elite").await, half.0);
    half
}

async fn assert_kept(world: &World, made: &Kept, expected: &str) {
    assert_eq!(seen(world, &made.schema).await, expected);
    let listed = kept(&world.store).await.unwrap();
    assert!(
        listed.len() == PROJECTIONS.len() && listed.iter().all(|one| one.schema == made.schema),
        "{listed:#?}"
    );
    assert!(drop_as_of(&world.store, &made.schema).await.unwrap());
    assert!(!drop_as_of(&world.store, &made.schema).await.unwrap(), "it is gone");
    assert_eq!(kept(&world.store).await.unwrap(), []);
    no_scratch_is_left(world).await;
}

pub(crate) async fn history_is_as_it_was_at_these_positions(world: &World) {
    let mut history = History::new(world);
    let (then, at) = folded_by_halves(world, &mut history, 11).await;
    let rebuilder = world.rebuilder(&history.log);
    let made = rebuilder.as_of(&[], &AsOf::Positions(at.clone()), &quiet).await.unwrap();
    assert_eq!(made.positions, at);
    assert_kept(world, &made, &then).await;

    let some: AsOf = "1:3, 2:0".parse().unwrap();
    let made = rebuilder.as_of(&["events"], &some, &quiet).await.unwrap();
    let sql = format!(
        "select string_agg(n::text, ' ' order by partition) from
        (select partition, count(*) n from {}.events group by partition) counted",
        made.schema
    );
    let now = positions(world).await;
    assert_eq!(world.text(&sql).await, format!("{} 3 {}", now[&0], now[&3]), "others are as they are now");
    let beyond = rebuilder.as_of(&[], &"1:999999".parse().unwrap(), &quiet).await;
    assert!(matches!(beyond, Err(RebuildError::NotThere(_))), "{beyond:?}");
    assert!("yesterday".parse::<AsOf>().is_err());
    no_scratch_is_left(world).await;
}

pub(crate) async fn history_is_as_it_was_at_a_time(world: &World) {
    let mut history = History::new(world);
    let (then, at) = folded_by_halves(world, &mut history, 13).await;
    let mut time = None;
    for (partition, position) in at.iter().filter(|(_, position)| **position > 0) {
        let last = history.log.read(PartitionId(*partition), Position(*position), 1).await.unwrap().remove(0);
        time = time.max(Some(last.envelope().unwrap().recordedtime));
    }
    let asked: AsOf = time.unwrap().to_string().parse().unwrap();
    let made = world.rebuilder(&history.log).as_of(&[], &asked, &quiet).await.unwrap();
    assert_eq!(made.positions, at);
    assert_kept(world, &made, &then).await;
}

pub(crate) async fn kept_schemas_go_with_an_erased_person(world: &World) {
    let mut history = History::new(world);
    history.person = Some("olivia");
    let (session, interaction, asked) = history.asked(1, "what is my name?").await;
    history.answered(session, interaction, asked, "Olivia").await;
    history.person = None;
    history.received(1).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let rebuilder = world.rebuilder(&history.log);
    rebuilder.rebuild(&["documents", "interactions"], OnDifference::Stop, &quiet).await.unwrap();
    let everything = AsOf::Positions(BTreeMap::new());
    let with = rebuilder.as_of(&[], &everything, &quiet).await.unwrap();
    let before: AsOf =
        (0..PARTITIONS).map(|one| format!("{one}:0")).collect::<Vec<_>>().join(",").parse().unwrap();
    let without = rebuilder.as_of(&["interactions"], &before, &quiet).await.unwrap();

    history.erased("olivia").await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let dropped = drop_kept_about(&world.store, "default", "olivia").await.unwrap();
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    assert!(dropped.contains(&with.schema), "{dropped:?}");
    let left = kept(&world.store).await.unwrap();
    let left: Vec<_> = left.iter().map(|one| (one.schema.as_str(), one.projection.as_str())).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(
        left.contains(&(without.schema.as_str(), "interactions"))
            && left.iter().any(|one| one.1 == "documents")
    );
    assert_eq!(drop_kept_about(&world.store, "default", "olivia").await.unwrap(), Vec::<String>::new());
}
