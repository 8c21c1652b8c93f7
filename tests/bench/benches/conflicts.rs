//! Conflicts: what comparing one new passage costs among ten thousand and among a hundred thousand others, on PostgreSQL. Prints one
//! JSON object with the figures at each length and the ratio of the last to the first.
//!
//! `cargo bench -p bench --bench conflicts -- [FOLDER] [LENGTH…]`: the passages are those of a folder of HTML pages, by default the
//! toolchain's own documentation. The same new pages are compared at each length, and are there from the beginning.

#[path = "pipeline/models.rs"]
mod models;
#[expect(dead_code, reason = "other benches count events")]
#[path = "pipeline/process.rs"]
mod process;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use blob_store::BlobStore;
use bytes::Bytes;
use event_log::{Clock, CreationOptions, EventLog, MemoryKeyring, MemoryLog, RepeatWindow, SystemClock};
use event_model::{
    BlobRef, Event, EventData, EventDraft, Tenant,
    family::{
        conflict::ConflictDetected,
        document::{DocumentParsed, DocumentReceived},
        knowledge::{KnowledgeCompared, KnowledgeValidated},
    },
};
use parsers::Source;
use read_models::{Projections, SUBSCRIPTION, install};
use read_store::{Progress, Store, lease::Term, migrate};
use roles::Compare;
use serde_json::{Value, json};
use servers::PostgresServer;
use tokio::runtime::Runtime;
use uuid::Uuid;
use worker_runtime::{Act, Projector, ProjectorOptions};

use crate::{
    models::ModelsFold,
    process::{children_cpu_time, cpu_time, memory_mb, rounded},
};

const LENGTHS: [usize; 2] = [10_000, 100_000];
const PARTITIONS: u16 = 16;
const BATCH_EVENTS_MAX: usize = 2_000;
/// Pages that are compared.
const NEW_PAGES: usize = 150;
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

fn documentation() -> anyhow::Result<PathBuf> {
    let told = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    Ok(Path::new(std::str::from_utf8(&told.stdout)?.trim()).join("share/doc/rust/html"))
}

/// Every HTML page below `folder`, in an order that has nothing to do with where it is.
fn pages(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut folders, mut pages) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort_by_cached_key(|path| BlobRef::of(path.as_os_str().as_encoded_bytes()).digest());
    Ok(pages)
}

struct Ground {
    postgres: PostgresServer,
    log: Arc<MemoryLog>,
    store: Store,
    blobs: BlobStore,
    fold: Arc<ModelsFold>,
    progress: Arc<Progress>,
    chunks: usize,
}

async fn measure(folder: &Path, lengths: &[usize]) -> anyhow::Result<Value> {
    let postgres = PostgresServer::with(&[("shared_buffers", "1GB"), ("max_wal_size", "4GB")]);
    let directory = tempfile::tempdir()?;
    let blobs = BlobStore::in_directory(directory.path())?;
    let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000) };
    let store = Store::connect(&postgres.database(), 4)?;
    migrate::apply(&store).await?;
    install(&store).await?;
    let projections = Projections::new(blobs.clone(), Arc::<MemoryKeyring>::default());
    let mut ground = Ground {
        postgres,
        log: Arc::new(MemoryLog::new(creation.create(&SystemClock)?)),
        store,
        blobs,
        fold: Arc::new(ModelsFold(projections)),
        progress: Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS)),
        chunks: 0,
    };
    let mut pages = pages(folder)?.into_iter();
    let mut new = Vec::new();
    while new.len() < NEW_PAGES {
        let page = pages.next().context("the folder has too few pages")?;
        new.extend(ground.page(&page).await?);
    }
    let mut figures: Vec<Figures> = Vec::new();
    for length in lengths {
        while ground.chunks < *length {
            for page in pages.by_ref().take(PAGES_AT_ONCE) {
                ground.page(&page).await?;
            }
            ground.fold().await?;
            ensure!(pages.len() > 0, "the folder has only {} passages", ground.chunks);
        }
        ground.store.client().await?.batch_execute("analyze").await?;
        figures.push(ground.compared(&new).await?);
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
            "pairs_per_chunk": rounded(f64::from(self.pairs) / f64::from(self.new_chunks)),
            "conflicts": self.conflicts.len(), "surest": shown.collect::<Vec<_>>(),
        })
    }
}

impl Ground {
    /// Appends a page; gives the event that would ask for it to be compared. None if it has no passages.
    async fn page(&mut self, path: &Path) -> anyhow::Result<Option<Event>> {
        let (name, bytes) = (path.display().to_string(), std::fs::read(path)?);
        let Ok(document) = parsers::parse(&bytes, &Source::named(&name)) else { return Ok(None) };
        if document.chunks.is_empty() {
            return Ok(None);
        }
        let content = BlobRef::of(&bytes);
        let parsed = self.blobs.put(Bytes::from(serde_json::to_vec(&document)?)).await?;
        let id = event_model::document_id(&Tenant::default(), &name, &content);
        let received = DocumentReceived {
            name,
            content: content.clone(),
            size_bytes: bytes.len() as u64,
            declared_type: None,
            replaces: None,
        };
        let data = DocumentParsed {
            content,
            parsed: parsed.clone(),
            media_type: document.media_type,
            parser: document.parser,
            chunker: document.chunker,
            title: document.title,
            pages: None,
            characters: document.text.chars().count() as u64,
            chunks: u32::try_from(document.chunks.len())?,
        };
        self.chunks += document.chunks.len();
        self.log.append(vec![event(id, received)?, event(id, data)?]).await?;
        Ok(Some(event(id, validated(parsed))?))
    }

    async fn fold(&self) -> anyhow::Result<()> {
        let options = ProjectorOptions {
            subscription: SUBSCRIPTION,
            owner: SystemClock.fresh_id(),
            term: Term::DataDirectoryLock,
            batch_events_max: BATCH_EVENTS_MAX,
        };
        let (log, store): (Arc<dyn EventLog>, _) = (self.log.clone(), self.store.clone());
        let progress = Arc::clone(&self.progress);
        Projector::new(options, log, store, progress, Arc::clone(&self.fold)).catch_up().await?;
        Ok(())
    }

    /// CPU time of this process and of PostgreSQL.
    fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(cpu_time(std::process::id())? + children_cpu_time(self.postgres.pid())?)
    }

    /// Compares the new pages. The first one, which draws the sample of words and settles the index, is told apart.
    async fn compared(&self, new: &[Event]) -> anyhow::Result<Figures> {
        let compare = Compare::new(self.store.clone(), Arc::new(SystemClock));
        let (mut pages, mut chunks, mut pairs, mut conflicts) = (Vec::new(), 0, 0, Vec::new());
        let (mut first_ms, mut cpu, mut began) = (0.0, self.cpu()?, Instant::now());
        for (number, cause) in new.iter().enumerate() {
            let page = Instant::now();
            let worked = compare.work(cause, None).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            let ms = page.elapsed().as_secs_f64() * 1e3;
            let told: KnowledgeCompared = serde_json::from_str(worked.results[0].data.get())?;
            for found in &worked.follows {
                conflicts.push(serde_json::from_str::<ConflictDetected>(found.data.get())?);
            }
            if number == 0 {
                (first_ms, cpu, began) = (ms, self.cpu()?, Instant::now());
                continue;
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
            chunks: self.chunks,
            new_chunks: chunks,
            ms_per_chunk: per_chunk(began.elapsed()),
            cpu_ms_per_chunk: per_chunk(self.cpu()?.saturating_sub(cpu)),
            p50_ms: part(50),
            p99_ms: part(99),
            first_ms,
            pairs,
            memory_mb: memory_mb(std::process::id())?.0,
            conflicts,
        })
    }
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

fn event<T: EventData>(subject: Uuid, data: T) -> anyhow::Result<Event> {
    let draft = EventDraft {
        id: SystemClock.fresh_id(),
        source: "/bench".into(),
        subject: subject.to_string(),
        partitionkey: subject.to_string(),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data,
    };
    Ok(draft.build()?)
}
