//! What the scenes stand on: a database, projectors that run, events, and waiting for conditions.

use std::{sync::Arc, time::Duration};

use event_log::{CreationOptions, EventLog, ManualClock, MemoryLog, RepeatWindow};
use event_model::Event;
use read_store::{
    Client, Progress, SessionLimits, Store, dead_letter,
    dead_letter::DeadLetter,
    lease::{self, PartitionState, Term},
    migrate,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_runtime::{Projector, ProjectorOptions};

use crate::fold::{self, Chain, Chains};
pub(crate) use crate::{draw::Draw, event::event, until::until};

pub(crate) const SUBSCRIPTION: &str = "project";

/// A database with the tables of all scenes.
pub(crate) struct Ground {
    pub(crate) url: String,
    pub(crate) store: Store,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let url = tokio::task::spawn_blocking(|| servers::postgres().database()).await.unwrap();
        let store = Store::connect(&url, 8).unwrap();
        migrate::apply(&store).await.unwrap();
        let this = Self { url, store };
        this.run(fold::TABLE).await;
        this
    }

    pub(crate) async fn client(&self) -> Client {
        self.store.client().await.unwrap()
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// As if everybody had been silent for too long.
    pub(crate) async fn expire(&self) {
        self.run("update elite.worker set alive_until = '-infinity'; update elite.subscription_partition set lease_until = '-infinity'").await;
    }

    pub(crate) async fn partitions(&self) -> Vec<PartitionState> {
        lease::list(&self.client().await).await.unwrap()
    }

    pub(crate) async fn letters(&self) -> Vec<DeadLetter> {
        dead_letter::list(&self.client().await).await.unwrap()
    }

    pub(crate) async fn chains(&self) -> Chains {
        fold::chains(&self.client().await).await
    }

    /// Nothing lost, nothing twice, every key in order, nothing parked.
    pub(crate) async fn assert_clean(&self, log: &dyn EventLog, what: &str) {
        assert_eq!(self.letters().await, [], "{what}");
        assert_eq!(self.chains().await, fold::replayed(log).await, "{what}");
    }

    /// A projector with connections of its own, as a process has them.
    pub(crate) fn projector(
        &self,
        log: &Arc<dyn EventLog>,
        fold: &Arc<Chain>,
        owner: u128,
        lease: Duration,
    ) -> Projector<Chain> {
        let store = Store::connect_with(&self.url, 2, SessionLimits::below(lease)).unwrap();
        projector(store, log, fold, owner, lease)
    }
}

/// A projector of a small batch size on `store`.
pub(crate) fn projector(
    store: Store,
    log: &Arc<dyn EventLog>,
    fold: &Arc<Chain>,
    owner: u128,
    lease: Duration,
) -> Projector<Chain> {
    let progress = Arc::new(Progress::new(SUBSCRIPTION, log.creation().partitions));
    let options = ProjectorOptions {
        subscription: SUBSCRIPTION,
        owner: Uuid::from_u128(owner),
        term: Term::Expires(lease),
        batch_events_max: 64,
    };
    Projector::new(options, Arc::clone(log), store, progress, Arc::clone(fold))
}

/// A projector that runs.
pub(crate) struct Member {
    pub(crate) owner: Uuid,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Member {
    pub(crate) fn start(projector: Projector<Chain>, owner: u128) -> Self {
        let stop = CancellationToken::new();
        let running = tokio::spawn(projector.run(stop.clone()));
        Self { owner: Uuid::from_u128(owner), stop, running }
    }

    /// Ends as one that is told to.
    pub(crate) async fn leave(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }

    /// Ends in the middle of whatever it does.
    pub(crate) fn crash(self) {
        self.running.abort();
    }
}

/// A log in memory.
pub(crate) fn memory(partitions: u16) -> Arc<dyn EventLog> {
    let options = CreationOptions { partitions, repeats: RepeatWindow(1_000_000) };
    Arc::new(MemoryLog::new(options.create(&ManualClock::default()).unwrap()))
}

/// Events `numbers`, dealt to `keys` keys in turn.
pub(crate) fn dealt(numbers: std::ops::RangeInclusive<u128>, keys: u128) -> Vec<Event> {
    numbers.map(|number| event(number, &format!("key-{}", number % keys))).collect()
}

/// Waits until everything in `log` is folded.
pub(crate) async fn folded(ground: &Ground, log: &dyn EventLog) -> Duration {
    until("everything is folded", || async {
        let tails = log.tails().await.unwrap();
        let partitions = ground.partitions().await;
        partitions.len() == tails.len()
            && partitions.iter().zip(tails).all(|(state, tail)| state.position.unsigned_abs() == tail.0)
    })
    .await
}
