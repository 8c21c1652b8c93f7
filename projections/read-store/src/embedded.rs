//! PostgreSQL in this process: nothing to install, one connection, rebuilt from the log when it will not open.
//!
//! `fsync` stays off, because the second start of a synced cluster panics in this release. The log is what is durable;
//! a database that was damaged by a power cut is set aside and folded anew.

use std::path::{Path, PathBuf};

use pglite_oxide::{PgliteServer, extensions};
use tempfile::TempDir;
use tokio_postgres::Config;

use crate::{Store, StoreError};

/// A running embedded server. [`EmbeddedServer::stop`] waits for its end; after a drop it ends by itself.
pub struct EmbeddedServer {
    server: Option<PgliteServer>,
    store: Store,
    // The socket's directory. A socket's address has at most 107 bytes, so it cannot live in the data directory.
    socket: TempDir,
}

impl EmbeddedServer {
    /// Starts PostgreSQL on the cluster in `directory`, making one if there is none.
    pub async fn start(directory: &Path) -> Result<Self, StoreError> {
        let directory = directory.to_owned();
        let socket =
            tempfile::Builder::new().prefix("elite-pg-").tempdir().map_err(|source| StoreError::File {
                action: "make a directory for the socket in",
                path: std::env::temp_dir().display().to_string(),
                source,
            })?;
        let path = socket.path().join(".s.PGSQL.5432");
        let server = tokio::task::spawn_blocking(move || {
            PgliteServer::builder()
                .path(directory)
                .unix(path)
                .extension(extensions::VECTOR)
                .extension(extensions::PG_TRGM)
                .start()
        })
        .await
        .map_err(|error| StoreError::Embedded(error.to_string()))?
        .map_err(|error| StoreError::Embedded(format!("{error:#}")))?;
        let mut config = Config::new();
        config.host_path(socket.path()).port(5432).user("postgres").dbname("template1");
        let store = Store::embedded(config)?;
        let started = Self { server: Some(server), store, socket };
        // The first answer proves that recovery went well; a cluster that cannot recover fails here.
        if let Err(error) = started.store.ping().await {
            // Its end is waited for: the caller may make a new cluster in the same place.
            started.stop().await;
            return Err(error);
        }
        Ok(started)
    }

    /// Starts as [`Self::start`] does; a cluster that will not open is set aside, and a new one is made.
    pub async fn start_or_set_aside(directory: &Path) -> Result<Self, StoreError> {
        match Self::start(directory).await {
            Ok(started) => Ok(started),
            Err(error) if directory.exists() => {
                let aside = set_aside(directory)?;
                tracing::warn!(%error, aside = %aside.display(), "the embedded database did not open; it is set aside and rebuilt from the log");
                Self::start(directory).await
            }
            Err(error) => Err(error),
        }
    }

    /// The store on this server.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where its socket is, as the `host` of a connection string. It serves one connection at a time.
    pub fn socket_directory(&self) -> &Path {
        self.socket.path()
    }

    /// Closes the connection and stops the server.
    pub async fn stop(mut self) {
        self.store.close();
        let Some(server) = self.server.take() else { return };
        match tokio::task::spawn_blocking(move || server.shutdown()).await {
            Ok(Ok(())) => {}
            // It calls a client that has gone a failure, and that is how it always ends.
            Ok(Err(error)) => {
                tracing::debug!(error = format!("{error:#}"), "the embedded database has stopped");
            }
            Err(error) => tracing::warn!(%error, "the embedded database did not stop cleanly"),
        }
    }
}

impl Drop for EmbeddedServer {
    /// Stopping waits until the last connection is closed, which may need this very thread: nobody waits for it here, so
    /// that an error or a panic on the way out is not a hang.
    fn drop(&mut self) {
        self.store.close();
        if let Some(server) = self.server.take() {
            std::thread::spawn(move || drop(server));
        }
    }
}

/// Moves a cluster out of the way, keeping it for inspection. Returns where it went.
pub fn set_aside(directory: &Path) -> Result<PathBuf, StoreError> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..).map(|number| directory.with_file_name(format!("{name}.set-aside-{number}")));
    let aside = free
        .take(10_000)
        .find(|path| !path.exists())
        .unwrap_or_else(|| directory.with_extension("set-aside"));
    std::fs::rename(directory, &aside).map_err(|source| StoreError::File {
        action: "set aside",
        path: directory.display().to_string(),
        source,
    })?;
    Ok(aside)
}
