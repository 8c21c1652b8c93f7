//! Which log, which PostgreSQL, which blob store: the only place that names a concrete one.

mod checking;
mod embedding;
mod restoring;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use blob_store::BlobStore;
use event_archive::{Archive, ArchivedLog};
use event_log::{Clock, CreationOptions, Durability, EventLog, Keyring, LogError, RepeatWindow};
use event_log_embedded::EmbeddedLog;
use event_log_redis::{RedisLog, RedisLogOptions};
use inference::Ollama;
use parsers::{ChildCommand, ParserPool, PoolConfig};
#[cfg(feature = "embedded")]
use read_store::embedded::EmbeddedServer;
use read_store::{SessionLimits, Store, StoreKeyring};
use realtime::{InProcess, OnRedis, Realtime};
use uuid::Uuid;

pub(crate) use checking::{check_scope, trust};
pub(crate) use embedding::embedder;
pub(crate) use restoring::{LogRestored, restore_log};

use crate::{
    backup::Backups,
    config::{BlobLocation, Config, LogBackend},
    lifecycle::Opening,
    request::Failure,
};

/// Connections to a PostgreSQL server.
const CONNECTIONS_MAX: usize = 16;
/// Of them, those that projectors commit with.
const FENCED_CONNECTIONS_MAX: usize = 4;
/// Where Ollama listens unless told otherwise.
const OLLAMA_DEFAULT: &str = "http://localhost:11434";
/// How long a model may take for one answer.
const ANSWER_TIME_MAX: std::time::Duration = std::time::Duration::from_mins(4);

/// A log as it was opened.
pub(crate) struct OpenLog {
    pub(crate) log: Arc<dyn EventLog>,
    /// The log's own keys; a shared log has none, its keys are in the database.
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) facts: LogFacts,
}

/// What a log is and how safe what it holds is.
#[derive(Clone, Debug)]
pub(crate) struct LogFacts {
    /// Which log, on what.
    pub(crate) description: String,
    /// What an answered append has survived to.
    pub(crate) durability: Durability,
}

impl LogFacts {
    /// What is wrong with [`Durability::Memory`].
    pub(crate) const UNSAFE: &str =
        "the log answers before its disk has an event, so a power cut loses answered ones";
    /// What to do about it.
    pub(crate) const UNSAFE_FIX: &str = "set `appendonly yes` and `appendfsync always` in Redis";
}

/// The log with its keys.
pub(crate) async fn log(config: &Config, clock: Arc<dyn Clock>, opening: Opening) -> Result<OpenLog> {
    let repeats = RepeatWindow(config.repeats);
    let creation = CreationOptions { partitions: config.partitions, repeats };
    match &config.log {
        LogBackend::Embedded => {
            let directory = config.data_dir.join("log");
            if !directory.exists()
                && let Some(lost) = lost_log(config).await?
            {
                bail!(Failure::failed(lost));
            }
            embedded_log(directory, creation, clock).await
        }
        LogBackend::Redis { url } => {
            let lost = if opening == Opening::Prepare { lost_log(config).await? } else { None };
            let create = opening == Opening::Prepare && lost.is_none();
            let options = RedisLogOptions { url: url.clone(), creation, create };
            redis_log(options, &*clock).await.map_err(|error| {
                let failure = Failure::from(error);
                let message =
                    lost.map_or(failure.message.clone(), |lost| format!("{}; {lost}", failure.message));
                Failure { message, ..failure }.into()
            })
        }
    }
}

/// What to say instead of making a new log in a place whose blobs have the archive of one; `None` if they have none.
async fn lost_log(config: &Config) -> Result<Option<String>> {
    let archived = Archive::logs(&blobs(config)?).await?;
    Ok(archived.first().map(|creation| {
        format!(
            "there is no log here, but the blob store has the archive of log {}; bring it back with `elite restore`, or name \
             another place for the blobs of a new log",
            creation.incarnation
        )
    }))
}

async fn embedded_log(
    directory: PathBuf,
    creation: CreationOptions,
    clock: Arc<dyn Clock>,
) -> Result<OpenLog> {
    let open = move || EmbeddedLog::open(&directory, creation, &*clock);
    let log = tokio::task::spawn_blocking(open).await?.context("failed to open the log")?;
    let keyring = Arc::new(log.keyring());
    let facts = LogFacts { description: "embedded log".to_owned(), durability: Durability::Fsync };
    Ok(OpenLog { log: Arc::new(log), keyring: Some(keyring), facts })
}

async fn redis_log(options: RedisLogOptions, clock: &dyn Clock) -> Result<OpenLog> {
    let log = RedisLog::open(options, clock).await.map_err(|error| match error {
        LogError::Unavailable(_) => Failure::unreachable(format!("{error}; check REDIS_URL")),
        other => Failure::failed(other),
    })?;
    let server = log.server();
    let description = format!("Redis {}{}", server.version, if server.cluster { " cluster" } else { "" });
    let durability = server.durability;
    Ok(OpenLog { log: Arc::new(log), keyring: None, facts: LogFacts { description, durability } })
}

/// The archive of a log, and the log as everybody reads it: what it was trimmed of comes from the archive.
pub(crate) fn archived(live: &Arc<dyn EventLog>, blobs: &BlobStore) -> (Archive, Arc<dyn EventLog>) {
    let archive = Archive::new(blobs, live.creation());
    (archive.clone(), Arc::new(ArchivedLog::new(Arc::clone(live), archive)))
}

/// The keys of data subjects: the log's own, or those in the database that processes share.
pub(crate) fn keyring(own: Option<Arc<dyn Keyring>>, store: &Store) -> Result<Arc<dyn Keyring>> {
    match own {
        Some(keyring) => Ok(keyring),
        None => Ok(Arc::new(StoreKeyring::new(store.clone())?)),
    }
}

/// Pub/sub and cache: beside the shared log, or within this process.
pub(crate) fn realtime(config: &Config) -> Result<Arc<dyn Realtime>> {
    match &config.log {
        LogBackend::Embedded => Ok(Arc::new(InProcess::new())),
        LogBackend::Redis { url } => Ok(Arc::new(OnRedis::connect(url)?)),
    }
}

/// PostgreSQL: a server that is named, or the embedded one.
pub(crate) enum Database {
    /// A server.
    Server {
        /// For everybody.
        store: Store,
        /// For projectors, whose sessions end before their leases do.
        fenced: Store,
    },
    /// In this process.
    #[cfg(feature = "embedded")]
    Embedded(Box<EmbeddedServer>),
}

impl Database {
    /// Opens what the settings name.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        if let Some(url) = &config.database_url {
            let store = Store::connect(url, CONNECTIONS_MAX - FENCED_CONNECTIONS_MAX)?;
            let limits = SessionLimits::below(config.lease);
            let fenced = Store::connect_with(url, FENCED_CONNECTIONS_MAX, limits)?;
            store.ping().await.map_err(|error| {
                Failure::unreachable(format!("failed to reach PostgreSQL: {error}; check DATABASE_URL"))
            })?;
            return Ok(Self::Server { store, fenced });
        }
        Self::embedded(&cluster(config)).await
    }

    #[cfg(feature = "embedded")]
    async fn embedded(directory: &Path) -> Result<Self> {
        Ok(Self::Embedded(Box::new(EmbeddedServer::start_or_set_aside(directory).await?)))
    }

    #[cfg(not(feature = "embedded"))]
    #[expect(clippy::unused_async, reason = "as with the feature")]
    async fn embedded(_: &Path) -> Result<Self> {
        anyhow::bail!(
            "this build has no embedded PostgreSQL; set DATABASE_URL, or build with the feature `embedded`"
        )
    }

    /// The pool.
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Server { store, .. } => store,
            #[cfg(feature = "embedded")]
            Self::Embedded(server) => server.store(),
        }
    }

    /// The pool for projectors.
    pub(crate) fn fenced(&self) -> &Store {
        match self {
            Self::Server { fenced, .. } => fenced,
            #[cfg(feature = "embedded")]
            Self::Embedded(server) => server.store(),
        }
    }

    /// Whether it can be set aside and folded anew.
    pub(crate) fn is_embedded(&self) -> bool {
        !matches!(self, Self::Server { .. })
    }

    /// Sets an embedded database aside and opens an empty one.
    pub(crate) async fn start_anew(self, config: &Config) -> Result<Self> {
        self.close().await;
        #[cfg(feature = "embedded")]
        read_store::embedded::set_aside(&cluster(config))?;
        Self::open(config).await
    }

    /// Closes every connection and stops an embedded server.
    #[cfg_attr(
        not(feature = "embedded"),
        expect(clippy::unused_async, reason = "an embedded server takes time to stop")
    )]
    pub(crate) async fn close(self) {
        match self {
            Self::Server { store, fenced } => {
                fenced.close();
                store.close();
            }
            #[cfg(feature = "embedded")]
            Self::Embedded(server) => server.stop().await,
        }
    }
}

fn cluster(config: &Config) -> std::path::PathBuf {
    config.data_dir.join("postgres")
}

/// The blob store.
pub(crate) fn blobs(config: &Config) -> Result<BlobStore> {
    store_at(&config.blobs)
}

/// The backups of the log that is `incarnation`: beside the blobs, unless another place is named.
pub(crate) fn backups(config: &Config, incarnation: Uuid) -> Result<Backups> {
    Ok(Backups::new(&store_at(config.backups.as_ref().unwrap_or(&config.blobs))?, incarnation))
}

fn store_at(location: &BlobLocation) -> Result<BlobStore> {
    match location {
        BlobLocation::Directory(directory) => {
            BlobStore::in_directory(directory).context("failed to open the blob store")
        }
        #[cfg(feature = "s3")]
        BlobLocation::Bucket { url, options } => {
            BlobStore::in_bucket(url, options).context("failed to open the blob store")
        }
    }
}

/// The jailed parsers, children of this very binary, and the plugins before them.
pub(crate) async fn parsers(config: &Config) -> Result<ParserPool> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let launcher = ChildCommand { program, args: vec!["plugin-child".to_owned()] };
    let mut args = vec!["parse-child".to_owned()];
    args.extend(embedding::tokenizer(config).map(|path| path.display().to_string()));
    let command = ChildCommand { args, ..launcher.clone() };
    let pool = ParserPool::start(command, PoolConfig::default()).await?;
    Ok(pool.with_plugins(config.plugins.clone(), launcher))
}

/// The model server; asked only when there is a question.
pub(crate) fn ollama(config: &Config) -> Ollama {
    let url = config.ollama_base_url.as_deref().unwrap_or(OLLAMA_DEFAULT);
    Ollama::new(url, config.chat_model.clone(), ANSWER_TIME_MAX)
}
