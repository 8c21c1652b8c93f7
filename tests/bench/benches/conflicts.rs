//! Conflicts: what comparing one new passage costs among ten thousand and among a hundred thousand others, on PostgreSQL. Prints one
//! JSON object with the figures at each length and the ratio of the last to the first.
//!
//! `cargo bench -p bench --bench conflicts -- [FOLDER] [LENGTH…]`: the passages are those of a folder of HTML pages, by default the
//! toolchain's own documentation. The same new pages are compared at each length, and are there from the beginning.

#[path = "pipeline/ground.rs"]
mod ground;
#[path = "conflicts/led_back.rs"]
mod led_back;
#[path = "pipeline/models.rs"]
mod models;
#[expect(dead_code, reason = "other benches count events")]
#[path = "pipeline/process.rs"]
mod process;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use event_log::SystemClock;
use event_model::{
    BlobRef, Event,
    family::{
        conflict::ConflictDetected,
        knowledge::{KnowledgeCompared, KnowledgeValidated},
    },
};
use roles::Compare;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use worker_runtime::Act;

use crate::{
    ground::{Ground, documentation, event, files},
    process::{memory_mb, rounded},
};

const LENGTHS: [usize; 2] = [10_000, 100_000];
/// Pages that are compared, and those of them that come before the figures: what a connection has read once it finds again sooner.
const NEW_PAGES: usize = 450;
const PAGES_BEFORE: usize = 300;
/// Pages appended before they are folded.
const PAGES_AT_ONCE: usize = 500;
/// Conflicts shown, the surest first.
const SHOWN: usize = 25;

fn main() -> anyhow::Result<()> {
    let arguments = || std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let asked: Vec<usize> = arguments().filter_map(|argument| argument.parse().ok()).collect();
    let folder = arguments().find(|argument| argument.parse::<usize>().is_err());
    let lengths = if asked.is_empty() { LENGTHS.to_vec() } else { asked };
    let folder = folder.map_or_else(documentation, |folder| Ok(PathBuf::from(folder)))?;
    println!("{:#}", Runtime::new()?.block_on(measure(&folder, &lengths))?);
    Ok(())
}

async fn measure(folder: &Path, lengths: &[usize]) -> anyhow::Result<Value> {
    let mut ground = Ground::new(4).await?;
    let mut pages = files(folder, "html")?.into_iter();
    let mut new = Vec::new();
    while new.len() < NEW_PAGES {
        let page = pages.next().context("the folder has too few pages")?;
        new.extend(page_of(&mut ground, &page).await?);
    }
    let mut figures: Vec<Figures> = Vec::new();
    for length in lengths {
        while ground.chunks < *length {
            for page in pages.by_ref().take(PAGES_AT_ONCE) {
                page_of(&mut ground, &page).await?;
            }
            ground.fold().await?;
            ensure!(pages.len() > 0, "the folder has only {} passages", ground.chunks);
        }
        ground.store.client().await?.batch_execute("vacuum analyze").await?;
        let mut told = compared(&ground, &new).await?;
        told.led_back = led_back::share(&ground).await?;
        figures.push(told);
        eprintln!("{} passages: {}", ground.chunks, figures.last().map(Figures::told).unwrap_or_default());
    }
    let ratio = |value: fn(&Figures) -> f64| match (figures.first(), figures.last()) {
        (Some(first), Some(last)) => rounded(value(last) / value(first)),
        _ => 0.0,
    };
    let ratios = json!({"ms_per_chunk": ratio(|one| one.ms_per_chunk), "cpu_ms_per_chunk": ratio(|one| one.cpu_ms_per_chunk),
                        "page_p50": ratio(|one| one.p50_ms), "page_p99": ratio(|one| one.p99_ms)});
    let told: Vec<Value> = figures.iter().map(Figures::told).collect();
    Ok(
        json!({"bench": "conflicts", "folder": folder, "new_pages": new.len(), "ratios": ratios, "lengths": told}),
    )
}

/// What comparing the new pages cost, and found.
struct Figures {
    chunks: usize,
    new_chunks: u32,
    ms_per_chunk: f64,
    cpu_ms_per_chunk: f64,
    p50_ms: f64,
    p99_ms: f64,
    first_ms: f64,
    pairs: u32,
    memory_mb: f64,
    led_back: f64,
    conflicts: Vec<ConflictDetected>,
}

impl Figures {
    fn told(&self) -> Value {
        let shown =
            self.conflicts.iter().take(SHOWN).map(|one| {
                format!("{} {:.2}: {} | {}", one.kind, one.confidence, one.left.text, one.right.text)
            });
        json!({
            "chunks": self.chunks, "new_chunks": self.new_chunks,
            "ms_per_chunk": rounded(self.ms_per_chunk), "cpu_ms_per_chunk": rounded(self.cpu_ms_per_chunk),
            "page_p50_ms_per_chunk": rounded(self.p50_ms), "page_p99_ms_per_chunk": rounded(self.p99_ms),
            "first_page_ms": rounded(self.first_ms), "memory_mb": rounded(self.memory_mb),
            "led_back": rounded(self.led_back), "pairs_per_chunk": rounded(f64::from(self.pairs) / f64::from(self.new_chunks)),
            "conflicts": self.conflicts.len(), "surest": shown.collect::<Vec<_>>(),
        })
    }
}

/// Puts a page into the log; gives the event that would ask for it to be compared. None if it has no passages.
async fn page_of(ground: &mut Ground, path: &Path) -> anyhow::Result<Option<Event>> {
    let arrived = ground.document(&path.display().to_string(), &std::fs::read(path)?).await?;
    arrived.map(|arrived| event(arrived.id, validated(arrived.parsed))).transpose()
}

/// Compares the new pages. The first one, which draws the sample of words and settles the index, is told apart.
async fn compared(ground: &Ground, new: &[Event]) -> anyhow::Result<Figures> {
    let compare = Compare::new(ground.store.clone(), Arc::new(SystemClock));
    let (mut pages, mut chunks, mut pairs, mut conflicts) = (Vec::new(), 0, 0, Vec::new());
    let (mut first_ms, mut cpu, mut began) = (0.0, ground.cpu()?, Instant::now());
    for (number, cause) in new.iter().enumerate() {
        let page = Instant::now();
        let worked = compare.work(cause, None).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let ms = page.elapsed().as_secs_f64() * 1e3;
        let told: KnowledgeCompared = serde_json::from_str(worked.results[0].data.get())?;
        if number == 0 {
            first_ms = ms;
        }
        if number < PAGES_BEFORE {
            (cpu, began) = (ground.cpu()?, Instant::now());
            continue;
        }
        for found in &worked.follows {
            conflicts.push(serde_json::from_str::<ConflictDetected>(found.data.get())?);
        }
        pages.push(ms / f64::from(told.passages.max(1)));
        chunks += told.passages;
        pairs += told.pairs;
    }
    let per_chunk = |time: Duration| time.as_secs_f64() * 1e3 / f64::from(chunks);
    conflicts.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
    pages.sort_by(f64::total_cmp);
    let part = |percent: usize| pages.get(pages.len() * percent / 100).copied().unwrap_or_default();
    Ok(Figures {
        chunks: ground.chunks,
        new_chunks: chunks,
        ms_per_chunk: per_chunk(began.elapsed()),
        cpu_ms_per_chunk: per_chunk(ground.cpu()?.saturating_sub(cpu)),
        p50_ms: part(50),
        p99_ms: part(99),
        first_ms,
        pairs,
        led_back: 0.0,
        memory_mb: memory_mb(std::process::id())?.0,
        conflicts,
    })
}

fn validated(parsed: BlobRef) -> KnowledgeValidated {
    KnowledgeValidated {
        text_hash: parsed.clone(),
        parsed,
        profile: "prose".into(),
        rules_version: 1,
        quality: 1.0,
        accepted: true,
        scores: Vec::new(),
        bands: Vec::new(),
    }
}
