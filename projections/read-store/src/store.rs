//! The pool of connections. Not a query layer: callers write SQL.

use std::{borrow::Cow, str::FromStr, time::Duration};

use deadpool_postgres::{Client, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
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

/// How long a PostgreSQL server lets a session of ours hold others up. A process that freezes in a transaction is cut off
/// by the server, and its row locks with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Standing still in a transaction.
    pub idle_in_transaction: Duration,
    /// Waiting for a lock.
    pub lock: Duration,
    /// One statement.
    pub statement: Duration,
}

impl SessionLimits {
    /// For sessions that write under leases of this length: whoever stands still is cut off before its lease has run out,
    /// and no statement outlasts one.
    pub fn below(lease: Duration) -> Self {
        Self { idle_in_transaction: lease / 2, lock: lease / 2, statement: lease }
    }

    fn sql(self) -> String {
        // Compiling a statement takes longer than ours run: 40 ms and more for a claim of 2 ms.
        format!(
            "{SEARCHING}; set jit = off; set idle_in_transaction_session_timeout = {};
             set lock_timeout = {}; set statement_timeout = {}",
            self.idle_in_transaction.as_millis(),
            self.lock.as_millis(),
            self.statement.as_millis()
        )
    }
}

impl Default for SessionLimits {
    /// For everybody else: replays, exports and questions may take their time.
    fn default() -> Self {
        Self {
            idle_in_transaction: Duration::from_mins(1),
            lock: Duration::from_secs(30),
            statement: Duration::from_mins(10),
        }
    }
}

/// Where tables are, and how many of the nearest pgvector finds by an index: its 40 are fewer than a search asks for.
const SEARCHING: &str = "set search_path = elite, public; set hnsw.ef_search = 200";

/// What our sessions are called where the server lists them.
const APPLICATION: &str = "elite";
/// How long a server may take to answer a new connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long its machine may take. What tries to connect for longer sends nothing for seconds, and would not notice that a network
/// that was cut is whole again.
const REACH_TIME_MAX: Duration = Duration::from_secs(3);
/// After how long in silence a connection is tried, and how often, until it counts as broken.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(5), Duration::from_secs(2), 2);
/// How long what we sent may go unacknowledged. It is sent again at ever longer intervals, so that a connection that is kept
/// for as long as a network is cut stands still for as long again afterwards.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(5);

/// `config` with what it does not say itself: a server that has gone without a word is noticed in ten seconds.
pub(crate) fn watchful(mut config: Config) -> Config {
    let given = config.clone();
    let (idle, interval, retries) = KEEPALIVE;
    if given.get_application_name().is_none() {
        config.application_name(APPLICATION);
    }
    if given.get_connect_timeout().is_none() {
        config.connect_timeout(REACH_TIME_MAX);
    }
    if given.get_keepalives_interval().is_none() {
        config.keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
    }
    if given.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    }
    config
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
    /// A store on the server at `url`, with at most `connections_max` connections and the default [`SessionLimits`].
    /// Connects on first use.
    pub fn connect(url: &str, connections_max: usize) -> Result<Self, StoreError> {
        Self::connect_with(url, connections_max, SessionLimits::default())
    }

    /// As [`Self::connect`], with other limits.
    pub fn connect_with(
        url: &str,
        connections_max: usize,
        limits: SessionLimits,
    ) -> Result<Self, StoreError> {
        let config = Config::from_str(url).map_err(|error| StoreError::Url(error.to_string()))?;
        Self::pooled(watchful(config), connections_max, StoreKind::Server, limits.sql())
    }

    /// A store on the server in this process, which cannot interrupt itself and so has no limits.
    #[cfg(feature = "embedded")]
    pub(crate) fn embedded(config: Config) -> Result<Self, StoreError> {
        Self::pooled(config, 1, StoreKind::Embedded, SEARCHING.into())
    }

    fn pooled(
        config: Config,
        connections_max: usize,
        kind: StoreKind,
        prepare: String,
    ) -> Result<Self, StoreError> {
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let prepare = Hook::async_fn(move |client, _| {
            let prepare = prepare.clone();
            Box::pin(async move { client.batch_execute(&prepare).await.map_err(HookError::Backend) })
        });
        let mut pool = Pool::builder(manager).max_size(connections_max).post_create(prepare);
        if kind == StoreKind::Server {
            // A server that takes the connection and then says nothing.
            pool = pool.runtime(Runtime::Tokio1).create_timeout(Some(CONNECT_TIME_MAX));
        }
        Ok(Self { pool: pool.build().map_err(|error| StoreError::Url(error.to_string()))?, kind })
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
