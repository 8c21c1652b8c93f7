//! Which documents are near duplicates of each other, in whatever order they came.

use std::collections::{BTreeMap, BTreeSet};

use read_models::query::{CLUSTER_MEMBERS_MAX, Cluster, cluster_of};
use uuid::Uuid;

use crate::{
    history::{History, id},
    projector::{Projector, Seed},
    world::World,
};

/// Documents by number with a text each; the lengths of its words are its bands.
type Texts = BTreeMap<u64, String>;

async fn bring(world: &World, history: &History<'_>, texts: &Texts, order: &[u64]) {
    for number in order {
        let (_, received) = history.received(*number).await;
        let (event, parsed) = history.parsed(*number, received, &["text"]).await;
        history.validated(*number, event, &parsed, &texts[number]).await;
    }
    fold(world, history).await;
}

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(100).await;
}

async fn cluster(world: &World, number: u64, members_max: usize) -> Option<Cluster> {
    let client = world.store.client().await.unwrap();
    cluster_of(&client, "default", id(number), members_max).await.unwrap()
}

/// The name of each document's cluster; every member tells the same members.
async fn clusters(world: &World, texts: &Texts) -> BTreeMap<u64, Uuid> {
    let (mut named, mut members) = (BTreeMap::new(), BTreeMap::new());
    for number in texts.keys() {
        let Some(found) = cluster(world, *number, CLUSTER_MEMBERS_MAX).await else { continue };
        let cluster = found.id.expect("it is small");
        assert_eq!(found.members.len(), found.size);
        assert_eq!(*members.entry(cluster).or_insert_with(|| found.members.clone()), found.members);
        named.insert(*number, cluster);
    }
    named
}

/// The same by the book: labels that go from neighbour to neighbour until nothing changes.
fn expected(texts: &Texts) -> BTreeMap<u64, Uuid> {
    let lengths = |text: &str| text.split(' ').map(str::len).collect::<BTreeSet<_>>();
    let mut labels: BTreeMap<u64, u64> = texts.keys().map(|number| (*number, *number)).collect();
    loop {
        let before = labels.clone();
        for (one, text) in texts {
            for (other, its) in texts {
                if !lengths(text).is_disjoint(&lengths(its)) {
                    let least = labels[one].min(labels[other]);
                    labels.insert(*one, least);
                    labels.insert(*other, least);
                }
            }
        }
        if labels == before {
            return labels.into_iter().map(|(number, label)| (number, id(label))).collect();
        }
    }
}

fn shuffled(texts: &Texts, seed: &mut Seed) -> Vec<u64> {
    let mut order: Vec<u64> = texts.keys().copied().collect();
    for at in (1..order.len()).rev() {
        order.swap(at, usize::try_from(seed.below(at as u64 + 1)).unwrap());
    }
    order
}

pub(crate) async fn clusters_are_the_same_in_whatever_order_documents_come(world: &World) {
    for seed in 1..=4 {
        let mut seed = Seed(seed);
        let mut drawn = || "x".repeat(1 + usize::try_from(seed.below(40)).unwrap());
        let texts: Texts = (1..=30).map(|number| (number, format!("{} {}", drawn(), drawn()))).collect();
        let wanted = expected(&texts);
        let distinct: BTreeSet<&Uuid> = wanted.values().collect();
        assert!(distinct.len() > 1 && distinct.len() < 25, "{wanted:?}");
        for _ in 0..2 {
            world.reset().await;
            let history = History::new(world);
            bring(world, &history, &texts, &shuffled(&texts, &mut seed)).await;
            assert_eq!(clusters(world, &texts).await, wanted);
        }
    }
}

pub(crate) async fn a_chain_falls_apart_where_a_link_is_deleted_or_superseded(world: &World) {
    let history = History::new(world);
    let texts = ["a bb", "bb ccc", "ccc dddd", "dddd eeeee", "ffffff"];
    let texts: Texts = (1..).zip(texts.map(str::to_owned)).collect();
    bring(world, &history, &texts, &[5, 3, 1, 4, 2]).await;
    let named = |clusters: BTreeMap<u64, Uuid>| {
        clusters.into_iter().map(|(number, cluster)| (number, cluster.as_u128() & 0xff)).collect::<Vec<_>>()
    };
    assert_eq!(named(clusters(world, &texts).await), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 5)]);
    let bounded = cluster(world, 3, 3).await.unwrap();
    assert_eq!((bounded.id, bounded.complete), (None, false), "what is too large has no name");
    assert!(cluster(world, 3, 4).await.unwrap().complete);

    history.deleted(2).await;
    fold(world, &history).await;
    assert_eq!(named(clusters(world, &texts).await), [(1, 1), (3, 3), (4, 3), (5, 5)]);
    history.superseded(3, 5, None).await;
    fold(world, &history).await;
    assert_eq!(named(clusters(world, &texts).await), [(1, 1), (4, 4), (5, 5)]);
}
