//! Vectors: how long they are kept, who is asked for them, and what a search finds by them.

use event_model::ParsedDocument;
use read_models::{
    index_vectors, prepare_search,
    query::{
        Filter, Mode, QueryVector, Reader, SearchRequest, Searched, is_before_halves, known_vectors,
        newest_positions, search, unembedded,
    },
};

use crate::{
    history::{History, document, id},
    projector::Projector,
    world::World,
};

const TENANT: &str = "default";

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(10).await;
}

fn hash(words: &str) -> String {
    let document: ParsedDocument = document(&[words]);
    document.chunks[0].embedded_hash()
}

async fn known(world: &World, model: &str, words: &str) -> Option<Vec<f32>> {
    let client = world.store.client().await.unwrap();
    let hashes = [hash(words)];
    known_vectors(&client, TENANT, model, &hashes).await.unwrap().remove(&hashes[0])
}

pub(crate) async fn vectors_outlive_their_text_and_are_found_by_what_they_are_of(world: &World) {
    let mut history = History::new(world);
    let (_, received) = history.received(1).await;
    let (event, parsed) = history.parsed(1, received, &["old", "same"]).await;
    history.embedded(1, event, &parsed, "four", &["old", "same"]).await;
    history.superseded(1, 2, None).await;
    history.person = Some("edgar");
    let (_, received) = history.received(2).await;
    let (event, parsed) = history.parsed(2, received, &["secret"]).await;
    history.embedded(2, event, &parsed, "four", &["secret"]).await;
    fold(world, &history).await;
    let rows = "select string_agg(ordinal || ' ' || in_use || ' ' || array_length(vector, 1), ', ' order by document_id, ordinal)
                from elite.embeddings";
    assert_eq!(world.text(rows).await, "0 false 4, 1 false 4, 0 true 4");
    assert_eq!(known(world, "four", "same").await.map(|vector| vector.len()), Some(4));
    assert_eq!(known(world, "another", "same").await, None, "another model's vectors are others");
    assert_eq!(known(world, "four", "secret").await, None, "what is about somebody is nobody else's");

    history.person = None;
    history.deleted(1).await;
    fold(world, &history).await;
    assert_eq!(known(world, "four", "same").await, None);
    let report = world.rebuilder(&history.log).verify(&["embeddings"], &|_| {}).await.unwrap();
    assert!(report.is_equal(), "{report:?}");
}

pub(crate) async fn a_document_without_vectors_is_named_until_it_has_some(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    let (event, parsed) = history.parsed(1, received, &["one"]).await;
    let (_, received) = history.received(2).await;
    history.parsed(2, received, &[]).await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    let missing = unembedded(&client, "embed", "four", &[], 10).await.unwrap();
    assert_eq!(missing.iter().map(|one| (one.id, one.event)).collect::<Vec<_>>(), [(id(1), event)]);
    let looked_to = newest_positions(&client).await.unwrap();
    assert!(unembedded(&client, "embed", "four", &looked_to, 10).await.unwrap().is_empty());
    drop(client);
    history.embedded(1, event, &parsed, "four", &["one"]).await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    assert!(unembedded(&client, "embed", "four", &[], 10).await.unwrap().is_empty());
    assert_eq!(unembedded(&client, "embed", "another", &[], 10).await.unwrap().len(), 1);
}

async fn searched(world: &World, query: &str, filter: Filter<'_>, vector: Option<&[f32]>) -> Searched {
    let client = world.store.client().await.unwrap();
    let vector = vector.map(|values| QueryVector { model: "four", values });
    let request =
        SearchRequest { tenant: TENANT, query, vector, filter, readable_by: Reader::All, limit: 10 };
    search(&client, &request).await.unwrap()
}

fn texts(found: &Searched) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.text.as_str()).collect()
}

/// The operators of the index on vectors.
const INDEXED_BY: &str = "select substring(indexdef from '\\w+_cosine_ops') from pg_indexes
    where indexname like 'embeddings_near_%'";

pub(crate) async fn the_nearest_are_found_with_an_index_and_without(world: &World) {
    nearest(world, false).await;
}

/// On a server, if it has pgvector: as half vectors where that knows them, and by looking at every vector where it does not.
pub(crate) async fn a_server_finds_the_nearest_as_well(world: &World) -> Result<(), &'static str> {
    let there = "select exists (select from pg_available_extensions where name = 'vector')";
    if world.text(there).await == "false" {
        return Err("PostgreSQL has no pgvector; ELITE_TESTS_POSTGRES can name the programs of one that has");
    }
    prepare_search(&world.store).await.unwrap();
    nearest(world, true).await;
    Ok(())
}

async fn nearest(world: &World, halves: bool) {
    let history = History::new(world);
    let words = ["a", "bb", "ccc", "dddddddddddd"];
    for (number, one) in (1..).zip(&words) {
        let (_, received) = history.received(number).await;
        let (event, parsed) = history.parsed(number, received, &[one]).await;
        history.embedded(number, event, &parsed, "four", &[one]).await;
    }
    fold(world, &history).await;
    // The vector of a word of one letter; nothing holds the word that is looked for.
    let vector = [1.0 / 3.0, 4.0 / 3.0, 7.0 / 3.0, 10.0 / 3.0];
    let exact = searched(world, "zebra", Filter::default(), Some(&vector)).await;
    assert_eq!((exact.mode, texts(&exact)), (Mode::Hybrid, vec!["a", "bb", "ccc", "dddddddddddd"]));
    let first = &exact.hits[0].why;
    assert_eq!((first.words, first.meaning.unwrap().rank), (None, 1));
    assert!((first.meaning.unwrap().score - 1.0).abs() < 1e-6, "{first:?}");

    assert!(index_vectors(&world.store, "four").await.unwrap());
    let version = world.text("select extversion from pg_extension where extname = 'vector'").await;
    let operators = match (is_before_halves(&version), halves) {
        (true, _) => "null",
        (false, true) => "halfvec_cosine_ops",
        (false, false) => "vector_cosine_ops",
    };
    assert_eq!(world.text(INDEXED_BY).await, operators, "pgvector {version}");
    assert_eq!(texts(&searched(world, "zebra", Filter::default(), Some(&vector)).await), texts(&exact));
    assert_eq!(
        texts(&searched(world, "zebra -a -bb", Filter::default(), Some(&vector)).await),
        ["ccc", "dddddddddddd"]
    );
    let only = Filter { document: Some(id(3)), ..Filter::default() };
    assert_eq!(texts(&searched(world, "zebra", only, Some(&vector)).await), ["ccc"]);
    // A model with vectors of another length does not get in the way, nor is it compared with.
    let missing = searched(world, "zebra", Filter::default(), Some(&vector[..2])).await;
    assert!(missing.hits.is_empty(), "{missing:?}");
}

pub(crate) async fn spelling_headings_and_filters_find_what_words_do_not(world: &World) {
    prepare_search(&world.store).await.unwrap();
    let history = History::new(world);
    for (number, one) in
        (1..).zip(["git commit --no-verify skips it", "verify it with no commit", "use tokio::select! here"])
    {
        let (_, received) = history.received(number).await;
        let (event, parsed) = history.parsed(number, received, &[one]).await;
        history.validated(number, event, &parsed, one).await;
    }
    fold(world, &history).await;
    let found = searched(world, "commit --no-verify", Filter::default(), None).await;
    assert_eq!(texts(&found)[0], "git commit --no-verify skips it");
    assert!(found.hits[0].why.literal.is_some() && found.hits[1].why.literal.is_none(), "{found:?}");
    assert_eq!(found.mode, Mode::Lexical);
    assert_eq!(
        texts(&searched(world, "tokio::select!", Filter::default(), None).await),
        ["use tokio::select! here"]
    );

    // Every passage stands under `Guide > On {birds}, "etc"`.
    let mistyped = searched(world, "guidde", Filter::default(), None).await;
    assert_eq!(mistyped.hits.len(), 3, "{mistyped:?}");
    assert!(mistyped.hits.iter().all(|hit| hit.why.heading.is_some() && hit.why.words.is_none()));

    let count = async |filter| searched(world, "commit select", filter, None).await.hits.len();
    assert_eq!(count(Filter { kind: Some("prose"), quality_min: Some(0.5), ..Filter::default() }).await, 3);
    assert_eq!(count(Filter { kind: Some("code"), ..Filter::default() }).await, 0);
    assert_eq!(count(Filter { quality_min: Some(0.51), ..Filter::default() }).await, 0);
    assert_eq!(count(Filter { language: Some("de"), ..Filter::default() }).await, 0);
}
