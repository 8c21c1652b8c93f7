//! What the gateway is given, and what it keeps while it runs.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use blob_store::BlobStore;
use event_log::{Clock, EventLog, Keyring};
use event_model::Tenant;
use inference::Embedder;
use read_store::{Progress, Store};
use realtime::Realtime;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::arrivals::Arrivals;

/// Bounds on what a caller may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest upload.
    pub body_bytes_max: u64,
    /// How long `POST /ingest` waits for a document to be parsed or rejected before it answers 202.
    pub ingest_wait: Duration,
    /// How long a question waits for its answer, and a dataset for its build, before the answer is 202.
    pub answer_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 2 * 1024 * 1024 * 1024,
            ingest_wait: Duration::from_secs(10),
            answer_wait: Duration::from_mins(1),
        }
    }
}

/// Everything the gateway needs from the process it runs in.
#[derive(Clone)]
pub struct GatewayState {
    /// PostgreSQL, read through the views; the only rows written are idempotency keys.
    pub store: Store,
    /// Where events go.
    pub log: Arc<dyn EventLog>,
    /// Keys of data subjects.
    pub keyring: Arc<dyn Keyring>,
    /// Where uploads go.
    pub blobs: BlobStore,
    /// How far the projector is.
    pub progress: Arc<Progress>,
    /// What other gateways found out and may be told again.
    pub realtime: Arc<dyn Realtime>,
    /// What makes vectors of queries, if a model is set.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Bounds.
    pub limits: Limits,
    /// Renders the process's metrics in the Prometheus text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Cancelled when the process stops: streams end, and `/readyz` says so.
    pub stopping: CancellationToken,
}

/// The state with what the gateway keeps for itself.
pub(crate) struct App {
    given: GatewayState,
    /// Whose requests these are. There is one tenant until there are accounts.
    pub(crate) tenant: Tenant,
    /// Uploads whose documents are waited for.
    pub(crate) arrivals: Arrivals,
    /// Whether the projector was ever seen at the end of the log.
    pub(crate) caught_up: AtomicBool,
    /// Held by the one request that asks the database for the numbers everybody may be told.
    pub(crate) asking_status: Mutex<()>,
    /// The description of the API, made once.
    pub(crate) described: OnceLock<String>,
}

/// How handlers hold it.
pub(crate) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(given: GatewayState) -> Shared {
        let (tenant, arrivals, caught_up) = (Tenant::default(), Arrivals::default(), AtomicBool::new(false));
        let (asking_status, described) = (Mutex::new(()), OnceLock::new());
        Arc::new(Self { given, tenant, arrivals, caught_up, asking_status, described })
    }
}

impl Deref for App {
    type Target = GatewayState;

    fn deref(&self) -> &GatewayState {
        &self.given
    }
}
