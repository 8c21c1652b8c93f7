//! Work that records what was begun, can be held at a gate, and can block its whole thread as a frozen process does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use event_model::{Event, SubjectKey};
use tokio::sync::Semaphore;
use worker_runtime::{Act, Limits, WorkError};

use crate::result::{ROLE, result};

/// Permits for as much work as there is.
pub(crate) const OPEN: usize = 1_000_000;

pub(crate) struct Work {
    pub(crate) gate: Semaphore,
    concurrency: usize,
    begun: Mutex<Vec<(u128, Instant)>>,
    running: Mutex<BTreeMap<String, usize>>,
    most_of_one_key: Mutex<usize>,
    freezing: Mutex<Option<Receiver<()>>>,
    /// What is put in the place of each result's key.
    pub(crate) astray: Option<&'static str>,
}

impl Work {
    pub(crate) fn new(permits: usize) -> Self {
        Self {
            gate: Semaphore::new(permits),
            concurrency: 8,
            begun: Mutex::default(),
            running: Mutex::default(),
            most_of_one_key: Mutex::default(),
            freezing: Mutex::default(),
            astray: None,
        }
    }

    pub(crate) fn shared(permits: usize) -> Arc<Self> {
        Arc::new(Self::new(permits))
    }

    /// The next try blocks its thread until something is sent.
    pub(crate) fn freeze(&self) -> Sender<()> {
        let (sender, receiver) = channel();
        *self.freezing.lock().unwrap() = Some(receiver);
        sender
    }

    pub(crate) fn begun(&self) -> Vec<u128> {
        self.begun.lock().unwrap().iter().map(|(number, _)| *number).collect()
    }

    pub(crate) fn begun_at(&self, number: u128) -> Option<Instant> {
        self.begun.lock().unwrap().iter().find(|(begun, _)| *begun == number).map(|(_, at)| *at)
    }

    pub(crate) fn most_of_one_key(&self) -> usize {
        *self.most_of_one_key.lock().unwrap()
    }

    fn begin(&self, number: u128, key: &str) {
        self.begun.lock().unwrap().push((number, Instant::now()));
        let mut running = self.running.lock().unwrap();
        let tasks = running.entry(key.to_owned()).or_default();
        *tasks += 1;
        let mut most = self.most_of_one_key.lock().unwrap();
        *most = (*most).max(*tasks);
    }
}

#[async_trait]
impl Act for Work {
    fn role(&self) -> &'static str {
        ROLE
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: self.concurrency, attempts_max: 2, time: Duration::from_mins(10) }
    }

    async fn act(&self, cause: &Event, _: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let (number, key) = (cause.id.as_u128(), cause.partitionkey.to_string());
        self.begin(number, &key);
        let frozen = self.freezing.lock().unwrap().take();
        if let Some(frozen) = frozen {
            frozen.recv().unwrap();
        }
        self.gate.acquire().await.unwrap().forget();
        *self.running.lock().unwrap().get_mut(&key).unwrap() -= 1;
        let mut result = result(cause);
        if let Some(astray) = self.astray {
            result.partitionkey = astray.into();
        }
        Ok(vec![result])
    }
}
