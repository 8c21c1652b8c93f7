//! Several gateways on one PostgreSQL server and one Redis, and the projector in a process of its own.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use blob_store::BlobStore;
use event_log::{CreationOptions, MemoryKeyring, MemoryLog, RepeatWindow, SystemClock};
use gateway::{Limits, router, serve};
use read_models::SUBSCRIPTION;
use read_store::{Progress, Store, migrate};
use realtime::{InProcess, OnRedis, Realtime, positions_topic, share_positions};
use reqwest::{Client, RequestBuilder};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::harness::{PARTITIONS, Parts, SwitchedLog, project, state};

/// The process that folds, and everything that outlives it.
pub(crate) struct Fleet {
    pub(crate) parts: Parts,
    redis_url: Option<String>,
    stopping: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    _directory: TempDir,
}

/// One gateway on threads of its own, which can be taken away from one moment to the next.
pub(crate) struct Gateway {
    base: String,
    client: Client,
    threads: Option<Runtime>,
}

impl Fleet {
    /// A projector on the database at `database_url`; told about through Redis, if there is one.
    pub(crate) async fn start(database_url: &str, redis_url: Option<String>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::connect(database_url, 16).unwrap();
        migrate::apply(&store).await.unwrap();
        read_models::install(&store).await.unwrap();
        let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow::default() };
        let log = MemoryLog::new(options.create(&SystemClock).unwrap());
        let parts = Parts {
            log: Arc::new(SwitchedLog { log, down: AtomicBool::new(false) }),
            store,
            blobs: BlobStore::in_directory(&directory.path().join("blobs")).unwrap(),
            keyring: Arc::new(MemoryKeyring::default()),
            progress: Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS)),
            realtime: realtime_on(redis_url.as_deref()),
            projector_works: Arc::new(AtomicBool::new(true)),
            roles_work: Arc::new(AtomicBool::new(true)),
        };
        let (projector, sharer, until) = (parts.clone(), parts.clone(), CancellationToken::new());
        let (stopping, again) = (until.clone(), until.clone());
        let tasks = vec![
            tokio::spawn(async move {
                let _ended = until.run_until_cancelled(project(projector)).await;
            }),
            tokio::spawn(async move {
                let _ended = again.run_until_cancelled(share(sharer)).await;
            }),
        ];
        Self { parts, redis_url, stopping, tasks, _directory: directory }
    }

    /// Another gateway, which shares with the others what processes on other machines would share.
    pub(crate) fn gateway(&self, limits: Limits) -> Gateway {
        let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (fleet, redis_url) = (self.parts.clone(), self.redis_url.clone());
        threads.spawn(async move {
            let parts = Parts {
                progress: Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS)),
                realtime: realtime_on(redis_url.as_deref()),
                ..fleet
            };
            tokio::spawn(share(parts.clone()));
            let (listener, never) = (TcpListener::from_std(listener).unwrap(), CancellationToken::new());
            let routes = router(state(&parts, limits, never.clone()));
            serve(listener, routes, never).await.unwrap();
        });
        Gateway { base, client: Client::new(), threads: Some(threads) }
    }

    pub(crate) async fn stop(self) {
        self.stopping.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

impl Gateway {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// A raw upload.
    pub(crate) fn push(&self, name: &str, text: &str) -> RequestBuilder {
        let request = self.post("/ingest").query(&[("name", name)]).header("content-type", "text/plain");
        request.body(text.to_owned())
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(mut self) {
        self.take_away();
    }

    fn take_away(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.take_away();
    }
}

fn realtime_on(redis_url: Option<&str>) -> Arc<dyn Realtime> {
    match redis_url {
        Some(url) => Arc::new(OnRedis::connect(url).unwrap()),
        None => Arc::new(InProcess::new()),
    }
}

/// What every process does, whatever its roles.
async fn share(parts: Parts) {
    let scope = parts.progress.scope(&parts.store).await.unwrap();
    let (topic, here) = (positions_topic(scope), parts.progress.folded_here());
    share_positions(&*parts.realtime, &topic, here, |positions| parts.progress.hear(positions)).await;
}

/// The half, and the 99th of a hundred.
pub(crate) fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// How long a request takes.
pub(crate) async fn timed<T>(request: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let answer = request.await;
    (answer, begun.elapsed())
}
