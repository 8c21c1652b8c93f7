//! How well known items are found.

use std::{sync::Arc, time::Instant};

use event_log::SystemClock;
use inference::Embedder;
use read_models::{
    index_vectors,
    query::{Filter, QueryVector, Reader, SearchHit, SearchRequest, search},
};
use roles::Embed;
use serde_json::{Value, json};
use uuid::Uuid;
use worker_runtime::Act;

use crate::{
    ground::{Arrived, Ground},
    process::rounded,
    sections::{Section, sections},
    sentence_model,
    statistics::{interval, number},
};

/// Ranks that count.
const AT: usize = 10;
/// Documents folded at once.
const AT_ONCE: usize = 500;
/// Passages asked for: all that the parts hand on.
const PASSAGES_MAX: i64 = 400;

/// 1 / rank of each known item, in each way to look for it.
#[derive(Default)]
struct Ranks {
    words: Vec<f64>,
    meaning: Vec<f64>,
    both: Vec<f64>,
}

pub(crate) async fn measure(most: usize) -> anyhow::Result<Value> {
    let embedder = sentence_model::model();
    let sections = sections(most)?;
    let mut ground = Ground::new(4).await?;
    let mut documents = Vec::new();
    let began = Instant::now();
    for (number, section) in sections.iter().enumerate() {
        let arrived = ground.document(&format!("{number}.md"), section.body.as_bytes()).await?;
        let Some(Arrived { id, event, .. }) = arrived else { continue };
        documents.push((id, section, event));
    }
    ground.fold().await?;
    if let Some(embedder) = &embedder {
        embed(&ground, &documents, embedder).await?;
    }
    ground.store.client().await?.batch_execute("analyze").await?;
    let made_s = began.elapsed().as_secs_f64();
    let mut ranks = Ranks::default();
    for (document, section, _) in &documents {
        look_for(&ground, *document, section, embedder.as_deref(), &mut ranks).await?;
    }
    let told =
        |ranks: &[f64]| if ranks.is_empty() { "NOT RUN: there is no model".into() } else { mrr(ranks) };
    Ok(json!({
        "queries": documents.len(), "passages": ground.chunks, "made_s": rounded(made_s),
        "model": embedder.as_ref().map(|embedder| embedder.model().to_owned()),
        "mrr_at_10": {"words": told(&ranks.words), "meaning": told(&ranks.meaning), "both": told(&ranks.both)},
    }))
}

async fn embed(
    ground: &Ground,
    documents: &[(Uuid, &Section, event_model::Event)],
    embedder: &Arc<dyn Embedder>,
) -> anyhow::Result<()> {
    let role =
        Embed::new(ground.store.clone(), ground.blobs.clone(), Arc::clone(embedder), Arc::new(SystemClock));
    for (number, some) in documents.chunks(AT_ONCE).enumerate() {
        for (_, _, parsed) in some {
            let results = role.act(parsed, None).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            ground.append(results).await?;
        }
        ground.fold().await?;
        eprintln!("vectors of {} documents", number * AT_ONCE + some.len());
    }
    index_vectors(&ground.store, embedder.model()).await?;
    Ok(())
}

async fn look_for(
    ground: &Ground,
    document: Uuid,
    section: &Section,
    embedder: Option<&dyn Embedder>,
    ranks: &mut Ranks,
) -> anyhow::Result<()> {
    let client = ground.store.client().await?;
    let mut request = SearchRequest {
        tenant: "default",
        query: &section.heading,
        vector: None,
        filter: Filter::default(),
        readable_by: Reader::All,
        limit: PASSAGES_MAX,
    };
    ranks.words.push(reciprocal(document, search(&client, &request).await?.hits.iter()));
    let Some(embedder) = embedder else { return Ok(()) };
    let vector = embedder.embed(&[&section.heading]).await?.remove(0);
    request.vector = Some(QueryVector { model: embedder.model(), values: &vector });
    let hits = search(&client, &request).await?.hits;
    ranks.both.push(reciprocal(document, hits.iter()));
    let mut near: Vec<(u32, &SearchHit)> =
        hits.iter().filter_map(|hit| Some((hit.why.meaning?.rank, hit))).collect();
    near.sort_by_key(|(rank, _)| *rank);
    ranks.meaning.push(reciprocal(document, near.into_iter().map(|(_, hit)| hit)));
    Ok(())
}

/// 1 / rank of the document among the documents of the hits, 0 if it is not among the first [`AT`].
fn reciprocal<'a>(document: Uuid, hits: impl Iterator<Item = &'a SearchHit>) -> f64 {
    let mut seen: Vec<Uuid> = Vec::new();
    for hit in hits {
        if !seen.contains(&hit.document_id) {
            seen.push(hit.document_id);
        }
        if seen.len() > AT {
            return 0.0;
        }
        if hit.document_id == document {
            return 1.0 / f64::from(u32::try_from(seen.len()).unwrap_or(u32::MAX));
        }
    }
    0.0
}

/// The mean with its 95 % interval, and how many were first and among the first ten.
fn mrr(ranks: &[f64]) -> Value {
    let mean = |ranks: &[f64]| ranks.iter().sum::<f64>() / number(ranks.len());
    let share =
        |least: f64| mean(&ranks.iter().map(|rank| f64::from(u8::from(*rank >= least))).collect::<Vec<_>>());
    json!({"mean": interval(ranks, mean), "first": rounded(share(1.0)), "among_ten": rounded(share(1.0 / number(AT)))})
}
