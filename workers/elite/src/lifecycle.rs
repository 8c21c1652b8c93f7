//! A node: everything one process runs, from opening what it stands on to giving it back.

mod opening;
mod presence;
mod upgrading;

use std::{fs::File, sync::Arc};

use anyhow::Result;
use blob_store::BlobStore;
use event_archive::Archive;
use event_log::{Clock, Durability, EventLog, Keyring, SystemClock};
use inference::Embedder;
use metrics_exporter_prometheus::PrometheusHandle;
use parsers::ParserPool;
use read_models::{Projections, SUBSCRIPTION};
use read_store::{
    Progress, Store, bulk::COPY_ROWS_MIN, lease::Term, listen::Listener, upkeep, worker::Announcement,
};
use realtime::Realtime;
use roles::{
    ACTING, ARCHIVE_SUBSCRIPTION, Answer, ArchiveOptions, Archiving, Archivist, Build, Check, Compare, Embed,
    Parse, ProjectFold, Retention, Validate, ask_for_checks, ask_for_new_scores, ask_for_vectors,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use worker_runtime::{Act, Pace, Projector, ProjectorOptions, TodoLoop, Wakes};

use crate::{backup::Backups, config::Config, telemetry, wire, wire::Database};

/// Most events folded in one commit: enough for rows to be copied rather than inserted when there is much to catch up with.
const BATCH_EVENTS_MAX: usize = COPY_ROWS_MIN;
/// Projectors of one process on a PostgreSQL server: while one waits for its commit, another decodes.
const LANES: usize = 2;

/// What all parts of a node share.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    /// The log as everybody reads it: what it was trimmed of comes from the archive.
    pub(crate) log: Arc<dyn EventLog>,
    /// The log alone, for those who archive, trim and heal it.
    pub(crate) live: Arc<dyn EventLog>,
    pub(crate) archive: Archive,
    pub(crate) keyring: Arc<dyn Keyring>,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) projections: Projections,
    pub(crate) progress: Arc<Progress>,
    pub(crate) realtime: Arc<dyn Realtime>,
    /// What makes vectors, if a model is set.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) metrics: PrometheusHandle,
    /// Names this process in leases.
    pub(crate) owner: Uuid,
    /// What the log is and how safe what it holds is, for people.
    pub(crate) log_facts: wire::LogFacts,
}

/// A running node.
pub(crate) struct Running {
    pub(crate) node: Node,
    database: Database,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Hears of work that other processes commit.
    listener: Option<Listener>,
    /// The data directory's, if files in it belong to this process; held until everything else is gone.
    _lock: Option<File>,
}

/// What a process may do about a log, a schema or read models that are not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Make them.
    Prepare,
    /// Refuse; many processes start at once, and one command prepares for all of them.
    Join,
    /// Refuse all but read models of another release: replacing them is what the process is started for.
    Replace,
}

/// Which roles a process runs; all of them for `elite up`, none for a command that only looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roles(pub(crate) Vec<String>);

impl Roles {
    /// Every role but the gateway, which the caller serves.
    pub(crate) fn all() -> Self {
        let acting = ACTING.iter().map(|role| role.name.to_owned());
        Self(acting.chain(["project".to_owned(), ARCHIVE_SUBSCRIPTION.to_owned()]).collect())
    }

    /// No role.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    fn has(&self, role: &str) -> bool {
        self.0.iter().any(|name| name == role)
    }
}

impl Running {
    /// Opens everything and starts `roles`. What only this process uses is always prepared.
    pub(crate) async fn start(
        config: Config,
        roles: &Roles,
        opening: Opening,
        metrics: PrometheusHandle,
    ) -> Result<Self> {
        let shared = config.log.is_shared();
        let opening = if shared { opening } else { Opening::Prepare };
        let lock = if shared { None } else { Some(opening::lock(&config.data_dir)?) };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let pool =
            async { if roles.has("parse") { wire::parsers(&config).await.map(Some) } else { Ok(None) } };
        let (opened, database, pool, embedder) = tokio::try_join!(
            wire::log(&config, Arc::clone(&clock), opening),
            Database::open(&config),
            pool,
            wire::embedder(&config)
        )?;
        let blobs = wire::blobs(&config)?;
        let (archive, log) = wire::archived(&opened.log, &blobs);
        let database = opening::following(database, &*log, &config, opening).await?;
        let store = database.store().clone();
        let keyring = wire::keyring(opened.keyring, &store)?;
        let projections = Projections::new(blobs.clone(), Arc::clone(&keyring));
        let progress = Arc::new(Progress::new(SUBSCRIPTION, log.creation().partitions));
        if opened.facts.durability == Durability::Memory && !roles.0.is_empty() {
            tracing::warn!("{}; {}", wire::LogFacts::UNSAFE, wire::LogFacts::UNSAFE_FIX);
        }
        let realtime = wire::realtime(&config)?;
        let (owner, log_facts, live) = (clock.fresh_id(), opened.facts, opened.log);
        let node = Node {
            config,
            clock,
            log,
            live,
            archive,
            keyring,
            store,
            blobs,
            projections,
            progress,
            realtime,
            embedder,
            metrics,
            owner,
            log_facts,
        };
        upgrading::read_models(&node, opening).await?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut running = Self { node, database, stop, tasks, listener: None, _lock: lock };
        running.listener = running.spawn_roles(roles, pool.map(Arc::new))?;
        Ok(running)
    }

    /// Starts `roles`; gives what listens for work that other processes commit, if anything here waits for work.
    fn spawn_roles(&self, roles: &Roles, pool: Option<Arc<ParserPool>>) -> Result<Option<Listener>> {
        let wakes = Wakes::new(ACTING.iter().map(|role| role.name));
        if roles.has("project") {
            // Without leases that run out, lanes would take each other's partitions.
            let lanes = if self.node.is_shared() { LANES } else { 1 };
            (0..lanes).for_each(|_| self.spawn_projector(wakes.clone()));
        }
        if roles.has(ARCHIVE_SUBSCRIPTION) {
            self.spawn_archiving();
        }
        self.announce(roles);
        let node = &self.node;
        let (blobs, store, clock) = (&node.blobs, &node.store, &node.clock);
        if let Some(pool) = pool {
            self.spawn_acting(&wakes, Parse::new(store.clone(), blobs.clone(), pool, Arc::clone(clock)));
        }
        if roles.has("validate") {
            self.spawn_acting(&wakes, Validate::new(store.clone(), blobs.clone(), Arc::clone(clock)));
            let (store, progress) = (store.clone(), Arc::clone(&node.progress));
            self.spawn(|stop| async move { ask_for_new_scores(store, &progress, stop).await });
        }
        if let Some(embedder) = node.embedder.as_ref().filter(|_| roles.has("embed")) {
            let act = Embed::new(store.clone(), blobs.clone(), Arc::clone(embedder), Arc::clone(clock));
            self.spawn_acting(&wakes, act);
            self.spawn_asking_for_vectors(embedder.model().to_owned());
        }
        if roles.has("compare") {
            self.spawn_acting(&wakes, Compare::new(store.clone(), Arc::clone(clock)));
        }
        if roles.has("check") {
            self.spawn_checking(&wakes);
        }
        if roles.has("answer") {
            let (ollama, embedder) = (wire::ollama(&node.config), node.embedder.clone());
            self.spawn_acting(&wakes, Answer::new(store.clone(), Some(ollama), embedder, Arc::clone(clock)));
        }
        if roles.has("build") {
            self.spawn_acting(&wakes, Build::new(store.clone(), blobs.clone(), Arc::clone(clock)));
        }
        if self.database.is_embedded() {
            let (store, progress, stop) = (store.clone(), Arc::clone(&node.progress), self.stop.clone());
            self.tasks
                .spawn(async move { stop.run_until_cancelled(upkeep::keep_up(&store, &progress)).await });
        }
        if node.is_shared() {
            self.tasks.spawn(presence::share_positions(node.clone(), self.stop.clone()));
            self.tasks.spawn(presence::mirror_positions(node.clone(), self.stop.clone()));
        }
        self.tasks.spawn(telemetry::sample(node.clone(), self.stop.clone()));
        let acts = ACTING.iter().any(|role| roles.has(role.name));
        match &node.config.database_url {
            Some(url) if node.is_shared() && acts => Ok(Some(wakes.listen(url)?)),
            _ => Ok(None),
        }
    }

    fn spawn_asking_for_vectors(&self, model: String) {
        let (store, progress) = (self.node.store.clone(), Arc::clone(&self.node.progress));
        self.spawn(|stop| async move { ask_for_vectors(store, &progress, model, stop).await });
    }

    /// Only where some source is trusted: otherwise there is nothing to check against.
    fn spawn_checking(&self, wakes: &Wakes) {
        let node = &self.node;
        let vectors = node.embedder.as_deref().map(Embedder::model);
        let Some(scope) = wire::check_scope(&node.config, vectors) else { return };
        let (store, blobs, clock) = (node.store.clone(), node.blobs.clone(), Arc::clone(&node.clock));
        let act = Check::new(store.clone(), blobs, scope.clone(), node.embedder.clone(), Arc::clone(&clock));
        self.spawn_acting(wakes, act);
        let progress = Arc::clone(&node.progress);
        self.spawn(|stop| async move { ask_for_checks(scope, store, &progress, clock, stop).await });
    }

    fn spawn_projector(&self, wakes: Wakes) {
        let node = &self.node;
        let options = ProjectorOptions {
            subscription: SUBSCRIPTION,
            owner: node.clock.fresh_id(),
            term: node.term(),
            batch_events_max: BATCH_EVENTS_MAX,
        };
        let fold = Arc::new(ProjectFold::new(node.projections.clone(), wakes));
        let (log, progress) = (Arc::clone(&node.log), Arc::clone(&node.progress));
        let store = self.database.fenced().clone();
        let projector = Projector::new(options, log, store, progress, fold);
        let projector = projector.announced(node.announcement(vec![SUBSCRIPTION.to_owned()]));
        self.tasks.spawn(projector.run(self.stop.clone()));
    }

    fn spawn_archiving(&self) {
        let node = &self.node;
        let Config { archive_after, keep_events, .. } = node.config;
        let options = ArchiveOptions {
            retention: Retention { archive_after, keep_events },
            owner: node.clock.fresh_id(),
            term: node.term(),
            announcement: node.announcement(Vec::new()),
        };
        let archiving =
            Archiving::new(options, node.archivist(), node.store.clone(), Arc::clone(&node.clock));
        self.tasks.spawn(archiving.run(self.stop.clone()));
    }

    /// Lets people see what else this process does; those that share partitions announce themselves.
    fn announce(&self, roles: &Roles) {
        let acting: Vec<String> = roles.0.iter().filter(|role| !shares_partitions(role)).cloned().collect();
        if acting.is_empty() {
            return;
        }
        let node = &self.node;
        let (store, lease, term) = (node.store.clone(), node.config.lease, node.term());
        let announced =
            presence::keep_announced(store, node.announcement(acting), lease, term, self.stop.clone());
        self.tasks.spawn(announced);
    }

    fn spawn_acting(&self, wakes: &Wakes, act: impl Act) {
        let node = &self.node;
        let working = TodoLoop {
            log: Arc::clone(&node.log),
            keyring: Arc::clone(&node.keyring),
            store: node.store.clone(),
            progress: Arc::clone(&node.progress),
            wakes: wakes.clone(),
            owner: node.owner,
        };
        let pace = Pace { lease: node.config.lease, ..Pace::default() };
        self.tasks.spawn(working.run_at(pace, Arc::new(act), self.stop.clone()));
    }

    /// Runs `task` until the node stops; it must end soon after the token is cancelled.
    pub(crate) fn spawn<T: Future<Output = ()> + Send + 'static>(
        &self,
        task: impl FnOnce(CancellationToken) -> T,
    ) {
        self.tasks.spawn(task(self.stop.clone()));
    }

    /// Finishes what is under way, gives everything back, and closes.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        drop(self.listener);
        self.database.close().await;
    }
}

/// Roles that announce themselves, because shares of partitions are counted from what is announced.
fn shares_partitions(role: &str) -> bool {
    role == SUBSCRIPTION || role == ARCHIVE_SUBSCRIPTION
}

impl Node {
    /// What copies the log to its archive.
    pub(crate) fn archivist(&self) -> Archivist {
        Archivist::new(Arc::clone(&self.live), self.archive.clone())
    }

    /// The backups of its log.
    pub(crate) fn backups(&self) -> Result<Backups> {
        wire::backups(&self.config, self.log.creation().incarnation)
    }

    /// Whether other processes may hold leases in the database.
    pub(crate) fn is_shared(&self) -> bool {
        self.config.log.is_shared()
    }

    /// This process as the list of workers shows it.
    fn announcement(&self, roles: Vec<String>) -> Announcement {
        let (host, process_id) = (presence::host(), std::process::id());
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Announcement { owner: self.owner, roles, host, process_id, version }
    }

    fn term(&self) -> Term {
        if self.is_shared() { Term::Expires(self.config.lease) } else { Term::DataDirectoryLock }
    }
}
