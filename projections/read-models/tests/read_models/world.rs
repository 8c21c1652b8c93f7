//! The server, the blob store and the keys that every check uses.

use std::sync::Arc;

use blob_store::BlobStore;
use event_log::{CreationOptions, ManualClock, MemoryKeyring, MemoryLog, RepeatWindow};
use read_models::{PROJECTIONS, Projections, Rebuilder, TableDigest, digests, install};
use read_store::{Store, embedded::EmbeddedServer, migrate};
use servers::PostgresServer;
use tempfile::TempDir;

pub(crate) const PARTITIONS: u16 = 4;

pub(crate) struct World {
    server: Server,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) keyring: Arc<MemoryKeyring>,
    _directory: TempDir,
}

enum Server {
    Embedded(EmbeddedServer),
    Own(PostgresServer),
}

impl World {
    /// On the embedded PostgreSQL.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = EmbeddedServer::start(&directory.path().join("postgres")).await.unwrap();
        Self::on(server.store().clone(), Server::Embedded(server), directory).await
    }

    /// On a server of its own.
    pub(crate) async fn start_server() -> Self {
        let server = PostgresServer::start();
        let store = Store::connect(&server.database(), 4).unwrap();
        Self::on(store, Server::Own(server), tempfile::tempdir().unwrap()).await
    }

    async fn on(store: Store, server: Server, directory: TempDir) -> Self {
        migrate::apply(&store).await.unwrap();
        let blobs = BlobStore::in_directory(&directory.path().join("blobs")).unwrap();
        Self { server, store, blobs, keyring: Arc::default(), _directory: directory }
    }

    /// Empty tables, and a projector that has folded nothing.
    pub(crate) async fn reset(&self) {
        let client = self.store.client().await.unwrap();
        for table in PROJECTIONS.iter().flat_map(|projection| projection.tables()) {
            client.batch_execute(&format!("drop table if exists elite.{table} cascade")).await.unwrap();
        }
        let kept = client.query("select distinct schema from elite.kept_schema", &[]).await.unwrap();
        for row in kept {
            client.batch_execute(&format!("drop schema {} cascade", row.get::<_, &str>(0))).await.unwrap();
        }
        let bookkeeping = "truncate elite.subscription_partition, elite.recent_event, elite.dead_letter,
            elite.projection, elite.kept_schema, elite.kept_position, elite.erased_subject";
        client.batch_execute(bookkeeping).await.unwrap();
        drop(client);
        assert!(install(&self.store).await.unwrap().is_empty(), "an empty database needs no rebuild");
    }

    pub(crate) fn log() -> Arc<MemoryLog> {
        let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000) };
        Arc::new(MemoryLog::new(options.create(&ManualClock::default()).unwrap()))
    }

    pub(crate) fn projections(&self) -> Projections {
        Projections::new(self.blobs.clone(), self.keyring.clone())
    }

    pub(crate) fn rebuilder(&self, log: &Arc<MemoryLog>) -> Rebuilder {
        Rebuilder::new(self.store.clone(), log.clone(), self.projections())
    }

    pub(crate) async fn digests(&self) -> Vec<TableDigest> {
        digests(&self.store, PROJECTIONS).await.unwrap()
    }

    /// The first column of the first row of a query, as text.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let client = self.store.client().await.unwrap();
        let row = client.query_one(&format!("select ({sql})::text"), &[]).await.unwrap();
        row.get::<_, Option<String>>(0).unwrap_or_else(|| "null".to_owned())
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.store.client().await.unwrap().batch_execute(sql).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        match self.server {
            Server::Embedded(server) => server.stop().await,
            Server::Own(server) => drop(server),
        }
    }
}
