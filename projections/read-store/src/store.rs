//! The pool of connections. Not a query layer: callers write SQL.

use std::{borrow::Cow, str::FromStr};

use deadpool_postgres::{Client, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::{Config, NoTls};

use crate::StoreError;

/// Which PostgreSQL is behind the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In this process, one connection.
    Embedded,
    /// A server.
    Server,
}

/// `text` as PostgreSQL can hold it: its texts have no NUL, and what parsers and models say may have one.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// PostgreSQL, through a pool.
///
/// With the embedded server the pool holds one connection: nobody may hold a client across an await that waits for
/// anything but the database.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    kind: StoreKind,
}

impl Store {
    /// A store on the server at `url`, with at most `connections_max` connections. Connects on first use.
    pub fn connect(url: &str, connections_max: usize) -> Result<Self, StoreError> {
        let config = Config::from_str(url).map_err(|error| StoreError::Url(error.to_string()))?;
        Self::with_config(config, connections_max, StoreKind::Server)
    }

    pub(crate) fn with_config(
        config: Config,
        connections_max: usize,
        kind: StoreKind,
    ) -> Result<Self, StoreError> {
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let prepare = Hook::async_fn(|client, _| {
            Box::pin(async move {
                client.batch_execute("set search_path = elite, public").await.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager).max_size(connections_max).post_create(prepare).build();
        Ok(Self { pool: pool.map_err(|error| StoreError::Url(error.to_string()))?, kind })
    }

    /// Which PostgreSQL this is.
    pub fn kind(&self) -> StoreKind {
        self.kind
    }

    /// A connection, waiting for one to come free.
    pub async fn client(&self) -> Result<Client, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// Whether the server answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.client().await?.simple_query("select 1").await?;
        Ok(())
    }

    /// Connections in use, and connections there may be.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size - status.available, status.max_size)
    }

    /// Closes every connection; later calls fail.
    pub fn close(&self) {
        self.pool.close();
    }
}
