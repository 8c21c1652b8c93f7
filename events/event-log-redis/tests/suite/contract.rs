//! The suite that every log runs, on one server, on a primary with a replica, and on a cluster of three.

use std::{
    fs::{self, OpenOptions},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use event_log::{
    CreationOptions, EventLog, LogError,
    contract::{self, Factory},
};
use servers::{Fsync, RedisCluster, RedisOptions, RedisServer};
use tokio::sync::Mutex;

use crate::support::open;

fn wanted(log: &Arc<dyn EventLog>) -> CreationOptions {
    let creation = log.creation();
    CreationOptions { partitions: creation.partitions, repeats: creation.repeats }
}

/// One server; with a replica or without.
struct Single {
    server: Mutex<RedisServer>,
    has_replica: bool,
}

#[async_trait]
impl Factory for Single {
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog> {
        let server = self.server.lock().await;
        server.ask(&["FLUSHALL"]);
        Arc::new(open(&server.url(), creation).await.unwrap())
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        let wanted = wanted(&log);
        drop(log);
        let mut server = self.server.lock().await;
        if !self.has_replica {
            server.kill();
            server.restart();
        }
        Arc::new(open(&server.url(), wanted).await.unwrap())
    }

    async fn torn(
        &self,
        log: Arc<dyn EventLog>,
        lost_bytes: u64,
    ) -> Option<Result<Arc<dyn EventLog>, LogError>> {
        if self.has_replica {
            return None;
        }
        let wanted = wanted(&log);
        drop(log);
        let mut server = self.server.lock().await;
        server.kill();
        let file = append_only_file(&server);
        let written = fs::metadata(&file).unwrap().len();
        OpenOptions::new().write(true).open(&file).unwrap().set_len(written - lost_bytes).unwrap();
        server.restart();
        let reopened = open(&server.url(), wanted).await;
        Some(reopened.map(|log| Arc::new(log) as Arc<dyn EventLog>))
    }
}

/// The file that the server appends to now.
fn append_only_file(server: &RedisServer) -> PathBuf {
    let files = fs::read_dir(server.directory().join("appendonlydir")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files.filter(|path| path.to_string_lossy().ends_with(".incr.aof")).max().unwrap()
}

/// Three nodes.
struct Cluster(Mutex<RedisCluster>);

#[async_trait]
impl Factory for Cluster {
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog> {
        let mut cluster = self.0.lock().await;
        for index in 0..3 {
            cluster.node(index).ask(&["FLUSHALL"]);
        }
        Arc::new(open(&cluster.url(), creation).await.unwrap())
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        let wanted = wanted(&log);
        drop(log);
        let cluster = self.0.lock().await;
        Arc::new(open(&cluster.url(), wanted).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_keeps_the_contract() {
    let server = RedisServer::start(RedisOptions::default());
    contract::run(&Single { server: Mutex::new(server), has_replica: false }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_with_a_replica_keeps_the_contract() {
    let server = RedisServer::start(RedisOptions::default());
    let _replica = server.replica(RedisOptions::default());
    contract::run(&Single { server: Mutex::new(server), has_replica: true }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_three_keeps_the_contract() {
    let cluster = RedisCluster::start(Fsync::Always);
    contract::run(&Cluster(Mutex::new(cluster))).await;
}
