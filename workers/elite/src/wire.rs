//! Which log, which PostgreSQL, which blob store: the only place that names a concrete one.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use blob_store::BlobStore;
use event_log::{Clock, CreationOptions, EventLog, Keyring, RepeatWindow};
use event_log_embedded::EmbeddedLog;
use inference::Ollama;
use parsers::{ChildCommand, ParserPool, PoolConfig};
use read_store::Store;
#[cfg(feature = "embedded")]
use read_store::embedded::EmbeddedServer;

use crate::config::Config;

/// Connections to a PostgreSQL server.
const CONNECTIONS_MAX: usize = 16;
/// Where Ollama listens unless told otherwise.
const OLLAMA_DEFAULT: &str = "http://localhost:11434";
/// How long a model may take for one answer.
const ANSWER_TIME_MAX: std::time::Duration = std::time::Duration::from_mins(4);

/// The log with its keys.
pub(crate) async fn log(
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<dyn EventLog>, Arc<dyn Keyring>)> {
    let directory = config.data_dir.join("log");
    let options = CreationOptions { partitions: config.partitions, repeats: RepeatWindow::default() };
    let open = move || EmbeddedLog::open(&directory, options, &*clock);
    let log = tokio::task::spawn_blocking(open).await?.context("failed to open the log")?;
    let keyring = Arc::new(log.keyring());
    Ok((Arc::new(log), keyring))
}

/// PostgreSQL: a server that is named, or the embedded one.
pub(crate) enum Database {
    /// A server.
    Server(Store),
    /// In this process.
    #[cfg(feature = "embedded")]
    Embedded(Box<EmbeddedServer>),
}

impl Database {
    /// Opens what the settings name.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        if let Some(url) = &config.database_url {
            let store = Store::connect(url, CONNECTIONS_MAX)?;
            store.ping().await.context("failed to reach PostgreSQL; check DATABASE_URL")?;
            return Ok(Self::Server(store));
        }
        Self::embedded(&cluster(config)).await
    }

    #[cfg(feature = "embedded")]
    async fn embedded(directory: &Path) -> Result<Self> {
        Ok(Self::Embedded(Box::new(EmbeddedServer::start_or_set_aside(directory).await?)))
    }

    #[cfg(not(feature = "embedded"))]
    async fn embedded(_: &Path) -> Result<Self> {
        anyhow::bail!(
            "this build has no embedded PostgreSQL; set DATABASE_URL, or build with the feature `embedded`"
        )
    }

    /// The pool.
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Server(store) => store,
            #[cfg(feature = "embedded")]
            Self::Embedded(server) => server.store(),
        }
    }

    /// Whether it can be set aside and folded anew.
    pub(crate) fn is_embedded(&self) -> bool {
        !matches!(self, Self::Server(_))
    }

    /// Sets an embedded database aside and opens an empty one.
    pub(crate) async fn start_anew(self, config: &Config) -> Result<Self> {
        self.close().await;
        #[cfg(feature = "embedded")]
        read_store::embedded::set_aside(&cluster(config))?;
        Self::open(config).await
    }

    /// Closes every connection and stops an embedded server.
    pub(crate) async fn close(self) {
        match self {
            Self::Server(store) => store.close(),
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
    BlobStore::in_directory(&config.blob_dir).context("failed to open the blob store")
}

/// The jailed parsers: children of this very binary.
pub(crate) async fn parsers() -> Result<ParserPool> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let command = ChildCommand { program, args: vec!["parse-child".to_owned()] };
    Ok(ParserPool::start(command, PoolConfig::default()).await?)
}

/// The model server; asked only when there is a question.
pub(crate) fn ollama(config: &Config) -> Ollama {
    let url = config.ollama_base_url.as_deref().unwrap_or(OLLAMA_DEFAULT);
    Ollama::new(url, config.chat_model.clone(), ANSWER_TIME_MAX)
}
