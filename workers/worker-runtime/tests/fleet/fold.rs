//! A fold that keeps a hash chain per key: an event that is lost, folded twice or out of order changes every later hash.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use event_log::{EventLog, Position, Recorded};
use event_model::{BlobRef, PartitionId};
use futures::future::try_join_all;
use read_store::{Client, StoreError, Transaction};
use tokio::sync::Semaphore;
use worker_runtime::{Fold, WorkError};

/// Where the fold writes.
pub(crate) const TABLE: &str =
    "create table elite.hash_chain (key text primary key, events bigint not null, hash text not null)";
const FIRST: &str = "insert into elite.hash_chain as c values ($1, 1, 'sha256:' || encode(sha256(convert_to(' ' || $2, 'UTF8')), 'hex'))
     on conflict (key) do update set events = c.events + 1,
         hash = 'sha256:' || encode(sha256(convert_to(c.hash || ' ' || $2, 'UTF8')), 'hex')";
/// A statement that would run for hours.
const ENDLESS: &str = "select count(*) from generate_series(1, 1000000000000)";

/// Where a fold stands still until it is let go on.
#[derive(Debug)]
pub(crate) struct Gate {
    entered: Semaphore,
    open: Semaphore,
    closed: AtomicBool,
}

impl Gate {
    fn new() -> Self {
        Self { entered: Semaphore::new(0), open: Semaphore::new(0), closed: AtomicBool::new(false) }
    }

    /// The next one who comes here waits.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    async fn pass(&self) {
        if self.closed.swap(false, Ordering::SeqCst) {
            self.entered.add_permits(1);
            self.open.acquire().await.unwrap().forget();
        }
    }

    /// Returns when somebody waits here.
    pub(crate) async fn entered(&self) {
        self.entered.acquire().await.unwrap().forget();
    }

    /// Lets the one who waits go on.
    pub(crate) fn open(&self) {
        self.open.add_permits(1);
    }
}

/// What an event does instead of being folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Unreadable,
    Unwritable,
    PanicWhenPrepared,
    PanicWhenApplied,
    PanicOnce,
    TakeForEver,
}

/// The fold. Faults are set by event number.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) faults: Arc<Mutex<HashMap<u128, Fault>>>,
    /// How often each event was written, whether or not the commit went through.
    pub(crate) tries: Mutex<HashMap<u128, u32>>,
    /// Events whose commit was reported.
    pub(crate) committed: Mutex<Vec<u128>>,
    pub(crate) preparing: Gate,
    pub(crate) applying: Gate,
}

impl Chain {
    pub(crate) fn new() -> Arc<Self> {
        Self::sharing(&Arc::default())
    }

    /// With faults that others have as well.
    pub(crate) fn sharing(faults: &Arc<Mutex<HashMap<u128, Fault>>>) -> Arc<Self> {
        Arc::new(Self {
            faults: Arc::clone(faults),
            tries: Mutex::default(),
            committed: Mutex::default(),
            preparing: Gate::new(),
            applying: Gate::new(),
        })
    }

    fn fault(&self, number: u128) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let fault = faults.get(&number).copied();
        if fault == Some(Fault::PanicOnce) {
            faults.remove(&number);
        }
        fault
    }
}

pub(crate) struct Link {
    key: String,
    number: u128,
}

#[async_trait]
impl Fold for Chain {
    type Prepared = Link;

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Link, WorkError>> {
        self.preparing.pass().await;
        let link = |record: &Recorded| {
            let event = record.envelope().unwrap();
            let number = event.id.as_u128();
            let fault = self.faults.lock().unwrap().get(&number).copied();
            if fault == Some(Fault::PanicWhenPrepared) {
                quietly_panic(format!("{number} cannot be prepared"));
            }
            if fault == Some(Fault::Unreadable) {
                return Err(WorkError::dead_letter(format!("{number} cannot be read")));
            }
            Ok(Link { key: event.partitionkey.to_string(), number })
        };
        events.iter().map(link).collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, events: &[Link]) -> Result<(), WorkError> {
        self.applying.pass().await;
        let statement = tx.prepare_cached(FIRST).await.map_err(store)?;
        // Sent in order without waiting for each answer.
        let numbers: Vec<String> = events.iter().map(|event| event.number.to_string()).collect();
        let parameters: Vec<[&(dyn read_store::ToSql + Sync); 2]> =
            events.iter().zip(&numbers).map(|(event, number)| [&event.key as _, number as _]).collect();
        try_join_all(parameters.iter().map(|parameters| tx.execute(&statement, parameters)))
            .await
            .map_err(store)?;
        for event in events {
            *self.tries.lock().unwrap().entry(event.number).or_default() += 1;
            match self.fault(event.number) {
                Some(Fault::TakeForEver) => tx.batch_execute(ENDLESS).await.map_err(store)?,
                Some(Fault::Unwritable) => tx.batch_execute("select 1 / 0").await.map_err(store)?,
                Some(_) => quietly_panic(format!("{} cannot be applied", event.number)),
                None => {}
            }
        }
        Ok(())
    }

    fn committed(&self, events: &[Link]) {
        self.committed.lock().unwrap().extend(events.iter().map(|event| event.number));
    }
}

/// A panic without a report: hundreds of them are meant.
fn quietly_panic(words: String) -> ! {
    std::panic::resume_unwind(Box::new(words))
}

fn store(error: impl Into<StoreError>) -> WorkError {
    WorkError::from(error.into())
}

/// A hash chain for each key: how many events, and the last hash.
pub(crate) type Chains = BTreeMap<String, (i64, String)>;

/// What the database holds.
pub(crate) async fn chains(client: &Client) -> Chains {
    let rows = client.query("select key, events, hash from elite.hash_chain", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

/// What a clean replay of `log` gives.
pub(crate) async fn replayed(log: &dyn EventLog) -> Chains {
    let mut chains = Chains::new();
    for partition in 0..log.creation().partitions {
        for record in log.read(PartitionId(partition), Position(1), usize::MAX).await.unwrap() {
            let event = record.envelope().unwrap();
            let (events, hash) = chains.entry(event.partitionkey.to_string()).or_default();
            *events += 1;
            *hash = BlobRef::of(format!("{hash} {}", event.id.as_u128()).as_bytes()).to_string();
        }
    }
    chains
}
