//! A node: everything one process runs on a data directory, from taking its lock to giving it back.

use std::{fs::File, path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use blob_store::BlobStore;
use event_log::{Clock, EventLog, Keyring, SystemClock};
use metrics_exporter_prometheus::PrometheusHandle;
use parsers::ParserPool;
use read_models::{Projections, Rebuilder, SUBSCRIPTION};
use read_store::{Progress, Store, checkpoint, idempotency, lease::Term, migrate, todo, upkeep};
use roles::{ACTING, Answer, Build, Parse, ProjectFold, Validate};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use worker_runtime::{Act, Projector, ProjectorOptions, TodoLoop, Wakes};

use crate::{config::Config, telemetry, wire, wire::Database};

/// Events folded in one commit.
const BATCH_EVENTS_MAX: usize = 1000;
/// What a process must hold to use a data directory.
const LOCK_FILE: &str = "lock";

/// What all parts of a node share.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) keyring: Arc<dyn Keyring>,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) projections: Projections,
    pub(crate) progress: Arc<Progress>,
    pub(crate) metrics: PrometheusHandle,
    /// Names this process in leases.
    pub(crate) owner: Uuid,
}

/// A running node.
pub(crate) struct Running {
    pub(crate) node: Node,
    database: Database,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Held until everything else is gone.
    _lock: File,
}

/// Which roles a process runs; all of them for `elite up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roles(pub(crate) Vec<String>);

impl Roles {
    /// Every role but the gateway, which the caller serves.
    pub(crate) fn all() -> Self {
        let acting = ACTING.iter().map(|role| role.name.to_owned());
        Self(acting.chain(["project".to_owned()]).collect())
    }

    fn has(&self, role: &str) -> bool {
        self.0.iter().any(|name| name == role)
    }
}

impl Running {
    /// Opens everything and starts `roles`.
    pub(crate) async fn start(config: Config, roles: &Roles, metrics: PrometheusHandle) -> Result<Self> {
        let lock = lock(&config.data_dir)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let pool = async { if roles.has("parse") { wire::parsers().await.map(Some) } else { Ok(None) } };
        let (log, database, pool) =
            tokio::try_join!(wire::log(&config, Arc::clone(&clock)), Database::open(&config), pool)?;
        let (log, keyring) = log;
        let database = following(database, &*log, &config).await?;
        let store = database.store().clone();
        let blobs = wire::blobs(&config)?;
        let projections = Projections::new(blobs.clone(), Arc::clone(&keyring));
        let progress = Arc::new(Progress::new(SUBSCRIPTION, log.creation().partitions));
        let owner = clock.fresh_id();
        let node = Node { config, clock, log, keyring, store, blobs, projections, progress, metrics, owner };
        node.prepare_read_models().await?;
        let running =
            Self { node, database, stop: CancellationToken::new(), tasks: TaskTracker::new(), _lock: lock };
        running.spawn_roles(roles, pool.map(Arc::new));
        Ok(running)
    }

    fn spawn_roles(&self, roles: &Roles, pool: Option<Arc<ParserPool>>) {
        let wakes = Wakes::new(ACTING.iter().map(|role| role.name));
        if roles.has("project") {
            self.spawn_projector(wakes.clone());
        }
        let node = &self.node;
        let (blobs, store, clock) = (&node.blobs, &node.store, &node.clock);
        if let Some(pool) = pool {
            self.spawn_acting(&wakes, Parse::new(blobs.clone(), pool, Arc::clone(clock)));
        }
        if roles.has("validate") {
            self.spawn_acting(&wakes, Validate::new(blobs.clone(), Arc::clone(clock)));
        }
        if roles.has("answer") {
            let ollama = wire::ollama(&node.config);
            self.spawn_acting(&wakes, Answer::new(store.clone(), Some(ollama), Arc::clone(clock)));
        }
        if roles.has("build") {
            self.spawn_acting(&wakes, Build::new(store.clone(), blobs.clone(), Arc::clone(clock)));
        }
        if self.database.is_embedded() {
            let (store, progress, stop) = (store.clone(), Arc::clone(&node.progress), self.stop.clone());
            self.tasks
                .spawn(async move { stop.run_until_cancelled(upkeep::keep_up(&store, &progress)).await });
        }
        self.tasks.spawn(telemetry::sample(node.clone(), self.stop.clone()));
    }

    fn spawn_projector(&self, wakes: Wakes) {
        let node = &self.node;
        let options = ProjectorOptions {
            subscription: SUBSCRIPTION,
            owner: node.owner,
            term: Term::DataDirectoryLock,
            batch_events_max: BATCH_EVENTS_MAX,
        };
        let fold = Arc::new(ProjectFold::new(node.projections.clone(), wakes));
        let (log, progress) = (Arc::clone(&node.log), Arc::clone(&node.progress));
        let projector = Projector::new(options, log, node.store.clone(), progress, fold);
        self.tasks.spawn(projector.run(self.stop.clone()));
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
        self.tasks.spawn(working.run(Arc::new(act), self.stop.clone()));
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
        self.database.close().await;
    }
}

impl Node {
    /// Makes the tables of this release; replays the log into those that another release made.
    async fn prepare_read_models(&self) -> Result<()> {
        let outdated = read_models::install(&self.store).await?;
        if !outdated.is_empty() {
            tracing::info!(
                projections = outdated.join(", "),
                "read models of another release are rebuilt from the log"
            );
            let rebuilder =
                Rebuilder::new(self.store.clone(), Arc::clone(&self.log), self.projections.clone());
            rebuilder.rebuild(&outdated, &|_| {}).await?;
        }
        // This process holds the only log of this database, so whoever leased a row before is gone.
        let client = self.store.client().await?;
        todo::release_all(&client).await?;
        idempotency::release_all(&client).await?;
        Ok(())
    }
}

/// Takes the data directory for this process.
fn lock(directory: &Path) -> Result<File> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("failed to make `{}`", directory.display()))?;
    let file = File::create(directory.join(LOCK_FILE)).with_context(|| {
        format!("failed to write in `{}`; choose another place with --data-dir", directory.display())
    })?;
    if file.try_lock().is_err() {
        bail!(
            "`{}` is in use by another elite process; stop it, or use another --data-dir",
            directory.display()
        );
    }
    Ok(file)
}

/// The database, migrated and following this log. An embedded one that follows another, or is ahead of the log, is set
/// aside and folded anew; a server is refused with the reason.
async fn following(database: Database, log: &dyn EventLog, config: &Config) -> Result<Database> {
    migrate::apply(database.store()).await?;
    let Some(reason) = astray(database.store(), log).await? else { return Ok(database) };
    if !database.is_embedded() {
        bail!("{reason}; give this log a database of its own, or restore the log that the database follows");
    }
    tracing::warn!(%reason, "the embedded database is set aside and rebuilt from the log");
    let database = database.start_anew(config).await?;
    migrate::apply(database.store()).await?;
    if let Some(reason) = astray(database.store(), log).await? {
        bail!("{reason}, although the database is new");
    }
    Ok(database)
}

/// Why the database does not belong to the log; none if it does.
async fn astray(store: &Store, log: &dyn EventLog) -> Result<Option<String>> {
    let rows = {
        let client = store.client().await?;
        let creation = log.creation();
        if !checkpoint::follow_log(&client, creation.incarnation, creation.partitions).await? {
            return Ok(Some("the database follows another log".to_owned()));
        }
        checkpoint::read(&client, SUBSCRIPTION).await?
    };
    for (partition, _, at) in rows {
        if let Some(reason) = worker_runtime::mismatch(log, partition, at).await? {
            return Ok(Some(format!("the database is ahead of the log: partition {partition}: {reason}")));
        }
    }
    Ok(None)
}
