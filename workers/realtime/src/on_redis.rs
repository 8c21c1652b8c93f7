//! Pub/sub and cache on Redis. What is here is never waited for: without a connection every call is a miss.

mod address;
mod connection;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fred::{
    clients::{Client, WithOptions},
    interfaces::{ClientLike, KeysInterface, PubsubInterface},
    types::{Expiration, config::Options},
};
use tokio::{sync::Notify, task::JoinHandle};

use self::{address::Address, connection::Connection};
use crate::{Realtime, RealtimeError, Subscription, topics::Topics};

/// How long one command may take before it counts as missed.
const PATIENCE: Duration = Duration::from_millis(250);
/// Longest a value may be kept; more is taken for this.
const TIME_TO_LIVE_MAX: Duration = Duration::from_hours(24);
const TOPIC_PREFIX: &str = "elite:realtime:";
const CACHE_PREFIX: &str = "elite:cache:";

/// What callers and the connection share.
#[derive(Default)]
struct Shared {
    topics: Topics,
    /// The client while it is connected.
    client: RwLock<Option<Client>>,
    /// Woken when there is a topic that is not subscribed to yet.
    wanted: Notify,
}

impl Shared {
    fn set_client(&self, client: Option<Client>) {
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// The client, set to give up early; none without a connection.
    fn client(&self) -> Option<WithOptions<Client>> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(impatient)
    }
}

/// A command of this client is sent once, within a moment, or never.
fn impatient(client: &Client) -> WithOptions<Client> {
    let options =
        Options { max_attempts: Some(1), timeout: Some(PATIENCE), fail_fast: true, ..Options::default() };
    client.with_options(&options)
}

/// Pub/sub and cache between processes. Dropping it ends all subscriptions.
pub struct OnRedis {
    shared: Arc<Shared>,
    connection: JoinHandle<()>,
}

impl OnRedis {
    /// Begins to connect to the server or cluster at `url`, now and whenever the connection is lost. Fails only if that
    /// cannot be an address; must be called within a Tokio runtime.
    pub fn connect(url: &str) -> Result<Self, RealtimeError> {
        let address = Address::parse(url)?;
        let shared = Arc::new(Shared::default());
        let connection = tokio::spawn(Connection::new(address, Arc::clone(&shared)).keep());
        Ok(Self { shared, connection })
    }

    /// Whether there is a connection now; for people who look, not for deciding.
    pub fn is_connected(&self) -> bool {
        self.shared.client().is_some()
    }
}

impl Drop for OnRedis {
    fn drop(&mut self) {
        self.connection.abort();
        if let Some(client) = self.shared.client() {
            // There may be no runtime left to say goodbye in; then the server sees the socket close.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { client.quit().await.ok() });
            }
        }
        self.shared.set_client(None);
    }
}

#[async_trait]
impl Realtime for OnRedis {
    async fn publish(&self, topic: &str, message: Bytes) {
        let done = match self.shared.client() {
            Some(client) => {
                client.publish::<i64, _, _>(format!("{TOPIC_PREFIX}{topic}"), message).await.is_ok()
            }
            None => false,
        };
        count("publish", if done { "done" } else { "missed" });
    }

    fn subscribe(&self, topic: &str) -> Subscription {
        let subscription = self.shared.topics.subscribe(topic, false);
        self.shared.wanted.notify_one();
        subscription
    }

    async fn cache_get(&self, key: &str) -> Option<Bytes> {
        let found = match self.shared.client() {
            Some(client) => {
                client.get::<Option<Bytes>, _>(format!("{CACHE_PREFIX}{key}")).await.ok().flatten()
            }
            None => None,
        };
        count("cache_get", if found.is_some() { "done" } else { "missed" });
        found
    }

    async fn cache_put(&self, key: &str, value: Bytes, time_to_live: Duration) {
        let kept_ms = i64::try_from(time_to_live.min(TIME_TO_LIVE_MAX).as_millis()).unwrap_or(i64::MAX);
        let done = match self.shared.client() {
            Some(client) if kept_ms > 0 => {
                let (key, until) = (format!("{CACHE_PREFIX}{key}"), Some(Expiration::PX(kept_ms)));
                client.set::<(), _, _>(key, value, until, None, false).await.is_ok()
            }
            _ => false,
        };
        count("cache_put", if done { "done" } else { "missed" });
    }
}

fn count(operation: &'static str, outcome: &'static str) {
    metrics::counter!("elite_realtime_operations_total", "operation" => operation, "outcome" => outcome)
        .increment(1);
}
