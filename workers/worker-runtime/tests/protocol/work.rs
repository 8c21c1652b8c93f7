//! Work for the to-do loop: it records what was begun, can be held at a gate, and fails as it is told.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use event_log::{EventLog, MemoryKeyring};
use event_model::{Event, SubjectKey};
use read_store::Progress;
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_runtime::{Act, Limits, Projector, ProjectorOptions, TodoLoop, Wakes, WorkError};

use crate::{
    chain::Chain,
    result::result,
    support::{Database, ROLE, SUBSCRIPTION, event},
};

/// What happens at the next tries of an event's work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Fail,
    Refuse,
    Panic,
    NoResult,
}

pub(crate) struct Work {
    pub(crate) limits: Limits,
    /// Numbers of the causes, in the order they were begun.
    pub(crate) begun: Mutex<Vec<u128>>,
    /// Work goes on while there are permits.
    pub(crate) gate: Semaphore,
    pub(crate) faults: Mutex<HashMap<u128, Vec<Fault>>>,
    /// The key under which something follows from each result.
    pub(crate) tells: Mutex<Option<&'static str>>,
    running: Mutex<BTreeMap<String, usize>>,
    pub(crate) most_of_one_key: Mutex<usize>,
}

impl Work {
    pub(crate) fn new(permits: usize) -> Arc<Self> {
        Self::limited(permits, Limits { concurrency: 8, attempts_max: 2, time: Duration::from_mins(10) })
    }

    pub(crate) fn limited(permits: usize, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            begun: Mutex::default(),
            gate: Semaphore::new(permits),
            faults: Mutex::default(),
            tells: Mutex::default(),
            running: Mutex::default(),
            most_of_one_key: Mutex::default(),
        })
    }

    pub(crate) fn begun(&self) -> Vec<u128> {
        self.begun.lock().unwrap().clone()
    }

    pub(crate) fn keys_running(&self) -> Vec<String> {
        self.running
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, tasks)| **tasks > 0)
            .map(|(key, _)| key.clone())
            .collect()
    }

    fn begin(&self, number: u128, key: &str) {
        self.begun.lock().unwrap().push(number);
        let mut running = self.running.lock().unwrap();
        let tasks = running.entry(key.to_owned()).or_default();
        *tasks += 1;
        let mut most = self.most_of_one_key.lock().unwrap();
        *most = (*most).max(*tasks);
    }

    fn next_fault(&self, number: u128) -> Option<Fault> {
        self.faults.lock().unwrap().get_mut(&number).and_then(Vec::pop)
    }
}

#[async_trait]
impl Act for Work {
    fn role(&self) -> &'static str {
        ROLE
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn act(&self, cause: &Event, _: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let (number, key) = (cause.id.as_u128(), cause.partitionkey.to_string());
        self.begin(number, &key);
        self.gate.acquire().await.unwrap().forget();
        *self.running.lock().unwrap().get_mut(&key).unwrap() -= 1;
        match self.next_fault(number) {
            Some(Fault::Fail) => return Err(WorkError::retry("not\0now")),
            Some(Fault::Refuse) => return Err(WorkError::dead_letter("never")),
            Some(Fault::Panic) => panic!("{number} is too much"),
            Some(Fault::NoResult) => return Ok(Vec::new()),
            None => {}
        }
        Ok(vec![result(cause)])
    }

    async fn follows(&self, cause: &Event, results: &[Event]) -> Result<Vec<Event>, WorkError> {
        assert_eq!(results.len(), 1);
        let tells = *self.tells.lock().unwrap();
        Ok(tells.map(|key| event(1_000 + cause.id.as_u128(), key)).into_iter().collect())
    }
}

/// A process with a to-do loop and, if wanted, a projector.
pub(crate) struct Process {
    pub(crate) todo: JoinHandle<()>,
    pub(crate) stop: CancellationToken,
    pub(crate) wakes: Wakes,
    pub(crate) fold: Arc<Chain>,
    progress: Arc<Progress>,
    projector: Option<JoinHandle<()>>,
    owner: Uuid,
}

impl Process {
    pub(crate) fn start(database: &Database, log: &Arc<dyn EventLog>, work: &Arc<Work>, owner: u128) -> Self {
        let progress = Arc::new(Progress::new(SUBSCRIPTION, log.creation().partitions));
        let (wakes, owner) = (Wakes::new([ROLE]), Uuid::from_u128(owner));
        let todo = TodoLoop {
            log: Arc::clone(log),
            keyring: Arc::new(MemoryKeyring::default()),
            store: database.store().clone(),
            progress: Arc::clone(&progress),
            wakes: wakes.clone(),
            owner,
        };
        let stop = CancellationToken::new();
        let todo = tokio::spawn(todo.run(Arc::clone(work) as Arc<dyn Act>, stop.clone()));
        let fold = Arc::new(Chain { wakes: wakes.clone(), ..Chain::default() });
        Self { todo, stop, wakes, fold, progress, projector: None, owner }
    }

    /// Starts to fold.
    pub(crate) fn fold(&mut self, database: &Database, log: &Arc<dyn EventLog>) {
        let term = read_store::lease::Term::DataDirectoryLock;
        let options =
            ProjectorOptions { subscription: SUBSCRIPTION, owner: self.owner, term, batch_events_max: 100 };
        let (store, progress) = (database.store().clone(), Arc::clone(&self.progress));
        let projector = Projector::new(options, Arc::clone(log), store, progress, Arc::clone(&self.fold));
        self.projector = Some(tokio::spawn(projector.run(self.stop.clone())));
    }

    /// Stops as a signal does: what is under way is finished.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.todo.await.unwrap();
        if let Some(projector) = self.projector {
            projector.await.unwrap();
        }
    }
}
