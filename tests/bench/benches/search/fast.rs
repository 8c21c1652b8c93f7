//! How fast many clients are answered over many passages.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, ensure};
use event_log::SystemClock;
use inference::Embedder;
use read_models::{
    index_vectors,
    query::{Filter, QueryVector, Reader, SearchRequest, search},
};
use read_store::Store;
use roles::Embed;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use worker_runtime::Act;

use crate::{
    ground::{Ground, documentation, files},
    process::rounded,
    vectors::Words,
};

const PASSAGES: usize = 100_000;
const CLIENTS: usize = 50;
/// Connections to the database, as a gateway has them.
const CONNECTIONS: usize = 16;
const SEARCHES: usize = 5_000;
/// Hits a page of results has.
const HITS: i64 = 20;
const PAGES_AT_ONCE: usize = 500;

pub(crate) async fn measure() -> anyhow::Result<Value> {
    let mut ground = Ground::new(CONNECTIONS).await?;
    let role = Embed::new(ground.store.clone(), ground.blobs.clone(), Arc::new(Words), Arc::new(SystemClock));
    let mut pages = files(&documentation()?, "html")?.into_iter();
    while ground.chunks < PASSAGES {
        ensure!(pages.len() > 0, "the documentation has only {} passages", ground.chunks);
        let mut parsed = Vec::new();
        for page in pages.by_ref().take(PAGES_AT_ONCE) {
            let bytes = std::fs::read(&page).with_context(|| page.display().to_string())?;
            parsed.extend(ground.document(&page.display().to_string(), &bytes).await?);
        }
        ground.fold().await?;
        for arrived in parsed {
            let results = role.act(&arrived.event, None).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            ground.append(results).await?;
        }
        ground.fold().await?;
        eprintln!("{} passages", ground.chunks);
    }
    let began = Instant::now();
    index_vectors(&ground.store, Words.model()).await?;
    let indexed_s = began.elapsed().as_secs_f64();
    let client = ground.store.client().await?;
    client.batch_execute("vacuum analyze").await?;
    let queries = queries(&client).await?;
    drop(client);
    let mut told = json!({"passages": ground.chunks, "clients": CLIENTS, "connections": CONNECTIONS,
                          "index_of_vectors_s": rounded(indexed_s)});
    for (name, by_meaning, clients) in [
        ("one client, words", false, 1),
        ("one client, both", true, 1),
        ("words", false, CLIENTS),
        ("both", true, CLIENTS),
    ] {
        told[name] = under_load(&ground, &queries, by_meaning, clients).await?;
    }
    Ok(told)
}

/// Headings of the passages, drawn from all over.
async fn queries(client: &read_store::Client) -> anyhow::Result<Arc<Vec<String>>> {
    let sql = "select heading_path[array_length(heading_path, 1)] from elite.chunks
               where array_length(heading_path, 1) > 0 order by md5(document_id::text || ordinal) limit $1";
    let rows = client.query(sql, &[&i64::try_from(SEARCHES)?]).await?;
    Ok(Arc::new(rows.iter().map(|row| row.get(0)).collect()))
}

async fn under_load(
    ground: &Ground,
    queries: &Arc<Vec<String>>,
    by_meaning: bool,
    clients: usize,
) -> anyhow::Result<Value> {
    let next = Arc::new(AtomicUsize::new(0));
    // One client alone is asked less often, so that it does not take as long as all of them.
    let searches = if clients == 1 { queries.len() / 10 } else { queries.len() };
    let (began, cpu) = (Instant::now(), ground.cpu()?);
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (store, queries, next) = (ground.store.clone(), Arc::clone(queries), Arc::clone(&next));
        running.spawn(async move { client(&store, &queries[..searches], by_meaning, &next).await });
    }
    let mut ms = Vec::new();
    let mut modes: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        let (times, mode) = done??;
        ms.extend(times);
        *modes.entry(mode).or_default() += 1;
    }
    ms.sort_by(f64::total_cmp);
    let part = |percent: usize| rounded(ms.get(ms.len() * percent / 100).copied().unwrap_or_default());
    let seconds = began.elapsed().as_secs_f64();
    let cpu_ms = (ground.cpu()?.saturating_sub(cpu)).as_secs_f64() * 1e3;
    #[expect(clippy::cast_precision_loss, reason = "thousands of searches")]
    let asked = searches as f64;
    Ok(
        json!({"searches": searches, "p50_ms": part(50), "p90_ms": part(90), "p99_ms": part(99), "per_second": rounded(asked / seconds),
              "cpu_ms_per_search": rounded(cpu_ms / asked), "modes": modes}),
    )
}

async fn client(
    store: &Store,
    queries: &[String],
    by_meaning: bool,
    next: &AtomicUsize,
) -> anyhow::Result<(Vec<f64>, String)> {
    let (mut ms, mut mode) = (Vec::new(), String::new());
    while let Some(query) = queries.get(next.fetch_add(1, Ordering::Relaxed)) {
        let vector = Words.embed(&[query]).await?.remove(0);
        let request = SearchRequest {
            tenant: "default",
            query,
            vector: by_meaning.then_some(QueryVector { model: Words.model(), values: &vector }),
            filter: Filter::default(),
            readable_by: Reader::All,
            limit: HITS,
        };
        let began = Instant::now();
        let client = store.client().await?;
        let searched = search(&client, &request).await?;
        drop(client);
        ms.push(began.elapsed().as_secs_f64() * 1e3);
        mode = format!("{:?} {}", searched.mode, searched.notes.join("; "));
    }
    Ok((ms, mode))
}
