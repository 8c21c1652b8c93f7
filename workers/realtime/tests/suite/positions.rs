//! How far others have folded is known at once, on both implementations.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use realtime::{InProcess, OnRedis, Realtime, positions_topic, share_positions};
use servers::{Fsync, RedisOptions, RedisServer};
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{connected, until};

const PARTITIONS: usize = 8;

/// One process: what it folds, and what it knows of all.
struct Process {
    folds: watch::Sender<Vec<u64>>,
    knows: Arc<Mutex<Vec<u64>>>,
    sharing: JoinHandle<()>,
}

impl Process {
    fn start(realtime: Arc<dyn Realtime>, topic: &str) -> Self {
        let folds = watch::Sender::new(vec![0; PARTITIONS]);
        let knows = Arc::new(Mutex::new(vec![0; PARTITIONS]));
        let (here, heard, topic) = (folds.subscribe(), Arc::clone(&knows), topic.to_owned());
        let sharing = tokio::spawn(async move {
            let hear = |positions: Vec<(u16, u64)>| {
                let mut heard = heard.lock().unwrap();
                for (partition, position) in positions {
                    heard[usize::from(partition)] = heard[usize::from(partition)].max(position);
                }
            };
            share_positions(&*realtime, &topic, here, hear).await;
        });
        Self { folds, knows, sharing }
    }

    fn fold(&self, partition: usize, position: u64) {
        self.folds.send_modify(|folded| folded[partition] = position);
    }

    async fn hears(&self, partition: usize, position: u64) -> Duration {
        until("it is known", || async { self.knows.lock().unwrap()[partition] >= position }).await
    }
}

/// Folds in partition 0 until `other` hears of it: what is told before somebody listens is not told to them again.
async fn acquainted(one: &Process, other: &Process) {
    until("they hear each other", || async {
        one.folds.send_modify(|folded| folded[0] += 1);
        other.knows.lock().unwrap()[0] > 0
    })
    .await;
}

impl Drop for Process {
    fn drop(&mut self) {
        self.sharing.abort();
    }
}

async fn told_between(one: Arc<dyn Realtime>, other: Arc<dyn Realtime>) {
    let topic = positions_topic("this database");
    let (folding, waiting) = (Process::start(one, &topic), Process::start(Arc::clone(&other), &topic));
    let elsewhere = Process::start(other, &positions_topic("another database"));
    acquainted(&folding, &waiting).await;
    acquainted(&waiting, &folding).await;
    folding.fold(3, 1);
    waiting.hears(3, 1).await;
    let mut times: Vec<Duration> = Vec::new();
    for position in 2..300 {
        let begun = Instant::now();
        folding.fold(3, position);
        waiting.hears(3, position).await;
        times.push(begun.elapsed());
    }
    times.sort();
    println!(
        "a commit is known elsewhere: p50 {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    waiting.fold(7, 5);
    folding.hears(7, 5).await;
    assert_eq!(*elsewhere.knows.lock().unwrap(), [0; PARTITIONS], "positions of another database");
}

#[tokio::test]
async fn positions_are_told_within_a_process() {
    let twin: Arc<dyn Realtime> = Arc::new(InProcess::new());
    told_between(Arc::clone(&twin), twin).await;
}

#[tokio::test]
async fn positions_are_told_between_processes() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() });
    let (one, other) = (connected(&server.url()).await, connected(&server.url()).await);
    told_between(Arc::new(one), Arc::new(other)).await;
}

#[tokio::test]
async fn what_was_folded_while_the_server_was_away_is_told_when_it_is_back() {
    let mut server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() });
    let (one, other) = (connected(&server.url()).await, Arc::new(connected(&server.url()).await));
    let topic = positions_topic("this database");
    let folding = Process::start(Arc::new(one), &topic);
    let waiting = Process::start(Arc::clone(&other) as Arc<dyn Realtime>, &topic);
    acquainted(&folding, &waiting).await;
    folding.fold(1, 10);
    waiting.hears(1, 10).await;
    server.kill();
    folding.fold(1, 11);
    until("it is noticed", || async { !other.is_connected() }).await;
    server.restart();
    // Both come back in any order; whoever missed it hears it with the next commit, or finds it in the checkpoints.
    until("it is known", || async {
        folding.folds.send_modify(|folded| folded[1] += 1);
        let known = waiting.knows.lock().unwrap()[1];
        known >= 11
    })
    .await;
}

#[tokio::test]
async fn the_address_of_no_server_is_refused() {
    assert!(OnRedis::connect("http://localhost").is_err());
}
