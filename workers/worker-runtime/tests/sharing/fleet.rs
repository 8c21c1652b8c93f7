//! What the loops share: a database of their own on the server, a log in memory, a fold that counts, and events.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{
    CreationOptions, EventLog, Keyring, ManualClock, MemoryKeyring, MemoryLog, Recorded, RepeatWindow,
};
use event_model::Event;
use read_store::{
    Progress, Store, StoreError, Transaction,
    dead_letter::{self, DeadLetter},
    lease::Term,
    migrate,
    todo::{self, Cause, Change},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_runtime::{Act, Fold, Pace, Projector, ProjectorOptions, TodoLoop, Wakes, WorkError};

pub(crate) use crate::{event::event, result::ROLE, until::until};

pub(crate) const SUBSCRIPTION: &str = "project";

pub(crate) struct Fleet {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) keyring: Arc<MemoryKeyring>,
}

/// A loop that runs.
pub(crate) struct Loop {
    pub(crate) task: JoinHandle<()>,
    pub(crate) stop: CancellationToken,
    pub(crate) wakes: Wakes,
}

impl Fleet {
    /// On a new database of the server that all tests share.
    pub(crate) async fn new(partitions: u16) -> Self {
        Self::on(&servers::postgres().database(), partitions).await
    }

    pub(crate) async fn on(url: &str, partitions: u16) -> Self {
        let store = Store::connect(url, 8).unwrap();
        migrate::apply(&store).await.unwrap();
        let table =
            "create table elite.effect (result uuid not null, cause uuid not null, key text not null)";
        store.client().await.unwrap().batch_execute(table).await.unwrap();
        let options = CreationOptions { partitions, repeats: RepeatWindow(1_000_000) };
        let log = Arc::new(MemoryLog::new(options.create(&ManualClock::default()).unwrap()));
        Self { url: url.to_owned(), store, log, keyring: Arc::default() }
    }

    /// A loop with connections, bells and knowledge of its own.
    pub(crate) fn todo(&self, owner: u128) -> TodoLoop {
        TodoLoop {
            log: Arc::clone(&self.log),
            keyring: Arc::clone(&self.keyring) as Arc<dyn Keyring>,
            store: Store::connect(&self.url, 4).unwrap(),
            progress: Arc::new(Progress::new(SUBSCRIPTION, self.log.creation().partitions)),
            wakes: Wakes::new([ROLE]),
            owner: Uuid::from_u128(owner),
        }
    }

    pub(crate) fn start(&self, owner: u128, pace: Pace, act: Arc<dyn Act>) -> Loop {
        let (todo, stop) = (self.todo(owner), CancellationToken::new());
        let wakes = todo.wakes.clone();
        let task = tokio::spawn(todo.run_at(pace, act, stop.clone()));
        Loop { task, stop, wakes }
    }

    pub(crate) fn projector(&self, owner: u128) -> Projector<Effects> {
        let term = Term::Expires(Duration::from_secs(10));
        let owner = Uuid::from_u128(owner);
        let options = ProjectorOptions { subscription: SUBSCRIPTION, owner, term, batch_events_max: 200 };
        let progress = Arc::new(Progress::new(SUBSCRIPTION, self.log.creation().partitions));
        Projector::new(options, Arc::clone(&self.log), self.store.clone(), progress, Arc::new(Effects))
    }

    /// Folds in the background until the token is cancelled.
    pub(crate) fn fold(&self, owner: u128) -> CancellationToken {
        let stop = CancellationToken::new();
        tokio::spawn(self.projector(owner).run(stop.clone()));
        stop
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.store.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.store.client().await.unwrap().batch_execute(sql).await.unwrap();
    }

    pub(crate) async fn rows(&self) -> i64 {
        self.number("select count(*) from elite.todo").await
    }

    /// Whether a loop has looked at the list.
    pub(crate) async fn looked(&self) -> bool {
        let claims = "select count(*) from pg_stat_activity where datname = current_database()
                      and (query like '-- The oldest free rows%' or query like '-- The first row of every key%')";
        self.number(claims).await > 0
    }

    pub(crate) async fn letters(&self) -> Vec<DeadLetter> {
        dead_letter::list(&self.store.client().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn append(&self, events: Vec<Event>) {
        self.log.append(events).await.unwrap();
    }

    pub(crate) async fn tail(&self) -> u64 {
        self.log.tails().await.unwrap().iter().map(|tail| tail.0).sum()
    }

    /// Every cause has one result in the log and one effect in the database, and the list is empty.
    pub(crate) async fn assert_done(&self, causes: u64) {
        until("everything is done and folded", || async {
            self.rows().await == 0
                && self.number("select count(*) from elite.effect").await.unsigned_abs() >= causes
        })
        .await;
        assert_eq!(self.tail().await, 2 * causes, "one result for each cause");
        let effects = "select count(*) from elite.effect";
        let causes_answered = "select count(distinct cause) from elite.effect";
        assert_eq!(self.number(effects).await.unsigned_abs(), causes);
        assert_eq!(self.number(causes_answered).await.unsigned_abs(), causes);
    }
}

/// Keeps a row for each result, and the list.
pub(crate) struct Effects;

#[async_trait]
impl Fold for Effects {
    type Prepared = (Change, Option<(Uuid, Uuid, String)>);

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Self::Prepared, WorkError>> {
        events.iter().map(|record| Ok(effect(record))).collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, events: &[Self::Prepared]) -> Result<(), WorkError> {
        for (result, cause, key) in events.iter().filter_map(|(_, effect)| effect.as_ref()) {
            let sql = "insert into elite.effect values ($1, $2, $3)";
            tx.execute(sql, &[result, cause, key]).await.map_err(StoreError::from)?;
        }
        let changes: Vec<Change> = events.iter().map(|(change, _)| change.clone()).collect();
        Ok(todo::apply(tx, &changes).await?)
    }

    fn committed(&self, _: &[Self::Prepared]) {}
}

fn effect(record: &Recorded) -> (Change, Option<(Uuid, Uuid, String)>) {
    let event = record.envelope().unwrap();
    let key = format!("{}/{}", event.tenant, &*event.partitionkey);
    if let Some(cause_id) = event.causationid {
        return (Change::Done { role: ROLE, cause_id }, Some((event.id, cause_id, key)));
    }
    let cause = Cause {
        role: ROLE,
        cause_id: event.id,
        tenant: event.tenant.0.clone(),
        key,
        partition: record.partition.0,
        position: record.position.0,
        enqueued_at: event.recordedtime,
    };
    (Change::Add(cause), None)
}

/// Short leases and frequent looks, for tests that wait for them.
pub(crate) fn brisk(lease: Duration) -> Pace {
    Pace { lease, poll: Duration::from_millis(50) }
}
