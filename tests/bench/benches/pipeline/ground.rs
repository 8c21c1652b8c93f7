//! PostgreSQL with all read models, and documents that are put into it as workers would.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use blob_store::BlobStore;
use bytes::Bytes;
use event_log::{Clock, CreationOptions, EventLog, MemoryKeyring, MemoryLog, RepeatWindow, SystemClock};
use event_model::{
    BlobRef, Event, EventData, EventDraft, Tenant,
    family::document::{DocumentParsed, DocumentReceived},
};
use parsers::Source;
use read_models::{Projections, SUBSCRIPTION, install, prepare_search};
use read_store::{Progress, Store, lease::Term, migrate};
use servers::PostgresServer;
use tempfile::TempDir;
use uuid::Uuid;
use worker_runtime::{Projector, ProjectorOptions};

use crate::{
    models::ModelsFold,
    process::{children_cpu_time, cpu_time},
};

const PARTITIONS: u16 = 16;
const BATCH_EVENTS_MAX: usize = 2_000;

pub(crate) struct Ground {
    postgres: PostgresServer,
    log: Arc<MemoryLog>,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    fold: Arc<ModelsFold>,
    progress: Arc<Progress>,
    /// Passages of all documents so far.
    pub(crate) chunks: usize,
    _directory: TempDir,
}

/// A document that was put into the log.
pub(crate) struct Arrived {
    pub(crate) id: Uuid,
    pub(crate) parsed: BlobRef,
    /// The event that says so.
    pub(crate) event: Event,
}

impl Ground {
    /// With so many connections for those who read.
    pub(crate) async fn new(connections: usize) -> anyhow::Result<Self> {
        let postgres = PostgresServer::with(&[
            ("shared_buffers", "1GB"),
            ("max_wal_size", "4GB"),
            ("maintenance_work_mem", "512MB"),
        ]);
        let directory = tempfile::tempdir()?;
        let blobs = BlobStore::in_directory(directory.path())?;
        let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000) };
        let store = Store::connect(&postgres.database(), connections)?;
        migrate::apply(&store).await?;
        install(&store).await?;
        prepare_search(&store).await?;
        let projections = Projections::new(blobs.clone(), Arc::<MemoryKeyring>::default());
        Ok(Self {
            postgres,
            log: Arc::new(MemoryLog::new(creation.create(&SystemClock)?)),
            store,
            blobs,
            fold: Arc::new(ModelsFold(projections)),
            progress: Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS)),
            chunks: 0,
            _directory: directory,
        })
    }

    /// Puts a document into the log. None if it has no passages.
    pub(crate) async fn document(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<Option<Arrived>> {
        let Ok(document) = parsers::parse(bytes, &Source::named(name)) else { return Ok(None) };
        if document.chunks.is_empty() {
            return Ok(None);
        }
        let content = BlobRef::of(bytes);
        let parsed = self.blobs.put(Bytes::from(serde_json::to_vec(&document)?)).await?;
        let id = event_model::document_id(&Tenant::default(), name, &content);
        let received = DocumentReceived {
            name: name.to_owned(),
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
        let arrived = Arrived { id, parsed, event: event(id, data)? };
        self.append(vec![event(id, received)?, arrived.event.clone()]).await?;
        Ok(Some(arrived))
    }

    pub(crate) async fn append(&self, events: Vec<Event>) -> anyhow::Result<()> {
        self.log.append(events).await?;
        Ok(())
    }

    /// Folds all that was appended.
    pub(crate) async fn fold(&self) -> anyhow::Result<()> {
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
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(cpu_time(std::process::id())? + children_cpu_time(self.postgres.pid())?)
    }
}

/// The toolchain's own documentation.
pub(crate) fn documentation() -> anyhow::Result<PathBuf> {
    let told = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    Ok(Path::new(std::str::from_utf8(&told.stdout)?.trim()).join("share/doc/rust/html"))
}

/// Every file below `folder` whose name ends so, in an order that has nothing to do with where it is.
pub(crate) fn files(folder: &Path, wanted: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == wanted) {
                files.push(path);
            }
        }
    }
    files.sort_by_cached_key(|path| BlobRef::of(path.as_os_str().as_encoded_bytes()).digest());
    Ok(files)
}

pub(crate) fn event<T: EventData>(subject: Uuid, data: T) -> anyhow::Result<Event> {
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
