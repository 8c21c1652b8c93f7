//! A whole node for tests: server, log, database, blobs, projector, and roles small enough to read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::{
    Appended, Clock, Creation, CreationOptions, EventLog, Keyring, LogError, MemoryKeyring, MemoryLog,
    Position, Recorded, RepeatWindow, SystemClock,
};
use event_model::{Event, PartitionId};
use gateway::{GatewayState, Limits, router, serve};
use read_models::{Projections, SUBSCRIPTION};
use read_store::{
    Progress, Store,
    checkpoint::{self, Advance, Checkpoint},
    embedded::EmbeddedServer,
    lease::{self, Lease, Term},
    migrate,
};
use realtime::{InProcess, Realtime};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::roles::react;

pub(crate) const PARTITIONS: u16 = 4;

/// A log that can be switched off.
pub(crate) struct SwitchedLog {
    pub(crate) log: MemoryLog,
    pub(crate) down: AtomicBool,
}

#[async_trait]
impl EventLog for SwitchedLog {
    fn creation(&self) -> &Creation {
        self.log.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(LogError::Unavailable("it is switched off".into()));
        }
        self.log.append(events).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.log.read(partition, from, limit).await
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        self.log.tails().await
    }

    async fn changed(&self, seen: u64) {
        self.log.changed(seen).await;
    }

    fn version(&self) -> u64 {
        self.log.version()
    }
}

/// What the background tasks share with a test.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) log: Arc<SwitchedLog>,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) keyring: Arc<MemoryKeyring>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) realtime: Arc<dyn Realtime>,
    /// Whether the projector folds.
    pub(crate) projector_works: Arc<AtomicBool>,
    /// Whether the roles react to what is folded.
    pub(crate) roles_work: Arc<AtomicBool>,
}

/// A running gateway.
pub(crate) struct Node {
    pub(crate) parts: Parts,
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) stopping: CancellationToken,
    server: EmbeddedServer,
    tasks: Vec<JoinHandle<()>>,
    _directory: TempDir,
}

pub(crate) const LIMITS: Limits = Limits {
    body_bytes_max: 96 * 1024 * 1024,
    ingest_wait: Duration::from_secs(20),
    answer_wait: Duration::from_secs(20),
};

impl Node {
    pub(crate) async fn start() -> Self {
        Self::start_with(LIMITS, true).await
    }

    /// A node with other bounds; without roles, what is received stays as it is.
    pub(crate) async fn start_with(limits: Limits, roles_work: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = EmbeddedServer::start(&directory.path().join("postgres")).await.unwrap();
        migrate::apply(server.store()).await.unwrap();
        read_models::install(server.store()).await.unwrap();
        let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow::default() };
        let log = MemoryLog::new(options.create(&SystemClock).unwrap());
        let parts = Parts {
            log: Arc::new(SwitchedLog { log, down: AtomicBool::new(false) }),
            store: server.store().clone(),
            blobs: BlobStore::in_directory(&directory.path().join("blobs")).unwrap(),
            keyring: Arc::new(MemoryKeyring::default()),
            progress: Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS)),
            realtime: Arc::new(InProcess::new()),
            projector_works: Arc::new(AtomicBool::new(true)),
            roles_work: Arc::new(AtomicBool::new(roles_work)),
        };
        let (stopping, listener) =
            (CancellationToken::new(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let base = format!("http://{}", listener.local_addr().unwrap());
        let routes = router(state(&parts, limits, stopping.clone()));
        let (projector, until) = (parts.clone(), stopping.clone());
        let serving = serve(listener, routes, stopping.clone());
        let tasks = vec![
            tokio::spawn(async move { serving.await.unwrap() }),
            tokio::spawn(async move {
                let _ended = until.run_until_cancelled(project(projector)).await;
            }),
        ];
        Self { parts, base, client: Client::new(), stopping, server, tasks, _directory: directory }
    }

    /// Stops everything and fails if a background task failed.
    pub(crate) async fn stop(self) {
        self.stopping.cancel();
        drop(self.client);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.server.stop().await;
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// A raw upload that is answered with the document.
    pub(crate) async fn push(&self, name: &str, text: &str) -> Value {
        let request = self.post("/ingest").query(&[("name", name)]).header("content-type", "text/plain");
        json_of(request.body(text.to_owned()).send().await.unwrap(), StatusCode::OK).await
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        json_of(self.get(path).send().await.unwrap(), StatusCode::OK).await
    }

    /// What can be read once it is folded, after an answer that did not wait for that.
    pub(crate) async fn read_when_there(&self, path: &str) -> Value {
        self.until(|| async { self.get(path).send().await.unwrap().status() != StatusCode::NOT_FOUND }).await;
        self.read(path).await
    }

    /// A page of events rather than a stream.
    pub(crate) async fn read_page(&self, path: &str) -> Value {
        let asked = self.get(path).header("accept", "application/json");
        json_of(asked.send().await.unwrap(), StatusCode::OK).await
    }

    /// Asks until the answer is yes; what is asked for follows without further doing.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, ask: impl Fn() -> F) {
        let begun = std::time::Instant::now();
        while !ask().await {
            assert!(begun.elapsed() < Duration::from_secs(20), "it never came to be");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn create(&self, path: &str, body: &Value, status: StatusCode) -> Value {
        json_of(self.post(path).json(body).send().await.unwrap(), status).await
    }

    /// How many events are in the log.
    pub(crate) async fn events(&self) -> u64 {
        self.parts.log.tails().await.unwrap().iter().map(|tail| tail.0).sum()
    }
}

pub(crate) fn state(parts: &Parts, limits: Limits, stopping: CancellationToken) -> GatewayState {
    GatewayState {
        embedder: None,
        store: parts.store.clone(),
        log: parts.log.clone(),
        keyring: parts.keyring.clone(),
        blobs: parts.blobs.clone(),
        progress: parts.progress.clone(),
        realtime: parts.realtime.clone(),
        clock: Arc::new(SystemClock),
        limits,
        metrics: Arc::new(|| "elite_build_info 1\n".to_owned()),
        stopping,
    }
}

pub(crate) async fn json_of(response: Response, status: StatusCode) -> Value {
    let (found, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Checks that an answer is a problem as RFC 9457 has it, and returns it.
pub(crate) async fn problem_of(response: Response, status: StatusCode, slug: &str) -> Value {
    let form = response.headers().get("content-type").cloned();
    let retry = response.headers().get("retry-after").cloned();
    let body = json_of(response, status).await;
    assert_eq!(form.unwrap(), "application/problem+json", "{body}");
    assert_eq!(body["type"], format!("/problems/{slug}"), "{body}");
    assert_eq!(body["status"], status.as_u16(), "{body}");
    assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    assert_eq!(
        retry.is_some(),
        status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::CONFLICT && slug == "in-flight"
    );
    body
}

/// A body in multipart form; a part without a file name is a plain field.
pub(crate) fn multipart(parts: &[(&str, Option<&str>, &[u8])]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (field, name, bytes) in parts {
        let name = name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        body.extend(
            format!("--line\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\n\r\n").bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--line--\r\n");
    ("multipart/form-data; boundary=line", body)
}

/// Folds for ever; ends when the database is closed.
pub(crate) async fn project(parts: Parts) -> Option<()> {
    let client = parts.store.client().await.ok()?;
    lease::register(&client, SUBSCRIPTION, PARTITIONS).await.unwrap();
    let owner = SystemClock.fresh_id();
    let mut leases =
        lease::claim(&client, SUBSCRIPTION, owner, PARTITIONS, Term::DataDirectoryLock).await.unwrap();
    drop(client);
    let projections = Projections::new(parts.blobs.clone(), parts.keyring.clone() as Arc<dyn Keyring>);
    loop {
        let version = parts.log.version();
        let mut idle = true;
        let works = parts.projector_works.load(Ordering::SeqCst);
        for lease in leases.iter_mut().filter(|_| works) {
            idle &= !fold(&parts, &projections, lease).await?;
        }
        if idle {
            parts.log.changed(version).await;
        }
    }
}

/// Folds what a partition has beyond the checkpoint; false if that is nothing.
async fn fold(parts: &Parts, projections: &Projections, lease: &mut Lease) -> Option<bool> {
    let partition = PartitionId(lease.partition);
    let next = Position(lease.checkpoint.position).next();
    let recorded = parts.log.read(partition, next, 100).await.unwrap();
    if recorded.is_empty() {
        return Some(false);
    }
    let pass = |at: Checkpoint, event: &Recorded| {
        at.passing(lease.partition, event.position.0, event.envelope().unwrap().id)
    };
    let to = recorded.iter().fold(lease.checkpoint, pass);
    let prepared: Vec<_> = projections.prepare(&recorded).await.into_iter().map(Result::unwrap).collect();
    let mut client = parts.store.client().await.ok()?;
    let tx = client.transaction().await.unwrap();
    let step = Advance { partition: lease.partition, epoch: lease.epoch, from: lease.checkpoint, to };
    assert_eq!(checkpoint::advance(&tx, SUBSCRIPTION, &[step]).await.unwrap().len(), 1);
    projections.apply(&tx, &prepared).await.unwrap();
    tx.commit().await.unwrap();
    drop(client);
    lease.checkpoint = to;
    parts.progress.report([(lease.partition, to.position)]);
    if parts.roles_work.load(Ordering::SeqCst) {
        for projected in &prepared {
            react(parts, projected).await;
        }
    }
    Some(true)
}
