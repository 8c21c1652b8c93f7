//! A database, events, and what a clean fold of them is.

use std::{collections::BTreeMap, sync::Arc};

use event_log::{EventLog, Position};
use event_model::{Event, PartitionId};
use read_store::{
    Client, Progress, Store,
    dead_letter::{self, DeadLetter},
    embedded::EmbeddedServer,
    lease::Term,
    migrate,
};
use tempfile::TempDir;
use uuid::Uuid;
use worker_runtime::{Projector, ProjectorOptions};

use crate::chain::Chain;
pub(crate) use crate::{draw::Draw, event::event, result::ROLE, until::until};

pub(crate) const SUBSCRIPTION: &str = "project";

/// A migrated embedded PostgreSQL with the table of [`Chain`].
pub(crate) struct Database {
    pub(crate) server: EmbeddedServer,
    _directory: TempDir,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = EmbeddedServer::start(&directory.path().join("postgres")).await.unwrap();
        migrate::apply(server.store()).await.unwrap();
        let this = Self { server, _directory: directory };
        let table = "create table elite.chain (key text primary key, numbers text not null)";
        this.client().await.batch_execute(table).await.unwrap();
        this
    }

    pub(crate) fn store(&self) -> &Store {
        self.server.store()
    }

    pub(crate) async fn client(&self) -> Client {
        self.store().client().await.unwrap()
    }

    /// As after the migrations.
    pub(crate) async fn empty(&self) {
        let tables = "truncate elite.chain, elite.subscription_partition, elite.recent_event, elite.todo, elite.dead_letter";
        self.client().await.batch_execute(tables).await.unwrap();
    }

    pub(crate) async fn chains(&self) -> BTreeMap<String, String> {
        chains(&self.client().await).await
    }

    pub(crate) async fn letters(&self) -> Vec<DeadLetter> {
        dead_letter::list(&self.client().await).await.unwrap()
    }

    /// A number, asked for in SQL.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn redrive(&self, key: &str) -> u64 {
        dead_letter::request_redrive(&self.client().await, SUBSCRIPTION, key).await.unwrap()
    }
}

pub(crate) async fn chains(client: &Client) -> BTreeMap<String, String> {
    let rows = client.query("select key, numbers from elite.chain", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// A new owner's projector.
pub(crate) fn projector(
    store: &Store,
    log: &Arc<dyn EventLog>,
    fold: &Arc<Chain>,
    owner: u128,
    batch_events_max: usize,
) -> Projector<Chain> {
    let progress = Arc::new(Progress::new(SUBSCRIPTION, log.creation().partitions));
    let term = Term::DataDirectoryLock;
    let owner = Uuid::from_u128(owner);
    let options = ProjectorOptions { subscription: SUBSCRIPTION, owner, term, batch_events_max };
    Projector::new(options, Arc::clone(log), store.clone(), progress, Arc::clone(fold))
}

/// Events `numbers`, dealt to `keys` in turn.
pub(crate) fn dealt(numbers: std::ops::RangeInclusive<u128>, keys: &[&str]) -> Vec<Event> {
    numbers.zip(keys.iter().cycle()).map(|(number, key)| event(number, key)).collect()
}

/// What the chains must be: every partition read from the start, without what repeats one of the last `window` positions.
pub(crate) async fn reference(log: &dyn EventLog) -> BTreeMap<String, String> {
    let mut chains: BTreeMap<String, String> = BTreeMap::new();
    for partition in 0..log.creation().partitions {
        let mut places = BTreeMap::new();
        for record in log.read(PartitionId(partition), Position(1), usize::MAX).await.unwrap() {
            let event = record.envelope().unwrap();
            let earlier = places.get(&event.id);
            if earlier.is_some_and(|earlier| record.position.0 - earlier <= log.creation().repeats.0) {
                continue;
            }
            places.insert(event.id, record.position.0);
            let chain = chains.entry(event.partitionkey.to_string()).or_default();
            if !chain.is_empty() {
                chain.push(' ');
            }
            chain.push_str(&event.id.as_u128().to_string());
        }
    }
    chains
}
