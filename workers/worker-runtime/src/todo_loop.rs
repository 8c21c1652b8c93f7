//! The to-do loop: claims rows of a role's list, does the work, appends the results.
//!
//! A row is deleted by the projector when it folds the result, never here. A crash after the append changes nothing,
//! because repeating the work gives a result with the same id.

mod attempt;
mod settle;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{EventLog, Keyring};
use event_model::Event;
use read_store::{Progress, Store, lease, todo, todo::Task};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::attempt::Attempts;
use crate::{Wakes, WorkError};

/// How often the list is looked at when nobody rings.
const POLL: Duration = Duration::from_secs(1);
/// How long to wait for the fold before looking whether it still goes on.
const FOLD_WAIT: Duration = Duration::from_secs(2);
/// Longest wait between two tries of a task.
const RETRY_DELAY_MAX: Duration = Duration::from_mins(5);

/// Bounds of a role.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tasks worked on at the same time.
    pub concurrency: usize,
    /// Tries before a task is parked.
    pub attempts_max: u32,
    /// How long one try may take; its lease holds a little longer.
    pub time: Duration,
}

/// What a role does with a cause.
#[async_trait]
pub trait Act: Send + Sync + 'static {
    /// The role's name, which is also its list's.
    fn role(&self) -> &'static str;

    /// Its bounds.
    fn limits(&self) -> Limits;

    /// Does the work `cause` asks for and returns what happened. The results name the cause and have ids derived from it,
    /// and keep its partition key. The data of `cause` is open. There is at least one: work without a result would be done
    /// again and again.
    async fn act(&self, cause: &Event) -> Result<Vec<Event>, WorkError>;
}

/// Works off one role's list.
#[derive(Clone)]
pub struct TodoLoop {
    /// The log to read causes from and append results to.
    pub log: Arc<dyn EventLog>,
    /// The keys of data subjects.
    pub keyring: Arc<dyn Keyring>,
    /// Where the list is.
    pub store: Store,
    /// How far the log is folded.
    pub progress: Arc<Progress>,
    /// The bells of this process.
    pub wakes: Wakes,
    /// Who this process is, for leases.
    pub owner: Uuid,
}

impl TodoLoop {
    /// Runs until `stop`; what is under way then is finished first.
    pub async fn run(self, act: Arc<dyn Act>, stop: CancellationToken) {
        tokio::select! {
            () = self.caught_up() => {}
            () = stop.cancelled() => return,
        }
        let (role, limits) = (act.role(), act.limits());
        let mut attempts = Attempts::default();
        while !stop.is_cancelled() {
            let free = limits.concurrency.saturating_sub(attempts.len());
            let claimed = match self.claim(role, limits, free).await {
                Ok(tasks) => tasks,
                Err(error) => {
                    tracing::warn!(role, %error, "the to-do list could not be read; it is tried again");
                    Vec::new()
                }
            };
            metrics::gauge!("elite_worker_heartbeat_timestamp_seconds", "role" => role)
                .set(crate::projector::unix_seconds());
            for task in claimed {
                attempts.begin(self.clone(), Arc::clone(&act), task);
            }
            tokio::select! {
                () = self.wakes.heard(role) => {}
                () = sleep(POLL) => {}
                Some(ended) = attempts.next() => self.settle(role, limits, ended).await,
                () = stop.cancelled() => {}
            }
            while let Some(ended) = attempts.try_next() {
                self.settle(role, limits, ended).await;
            }
        }
        while let Some(ended) = attempts.next().await {
            self.settle(role, limits, ended).await;
        }
    }

    /// Waits until everything that is in the log now is folded: after a restore from nothing, work that was done before
    /// shows up as done before anybody does it again. A halted partition is not waited for; repeating its work changes nothing.
    async fn caught_up(&self) {
        let mut ends = self.ends().await;
        loop {
            match self.progress.wait(&self.store, &ends, FOLD_WAIT).await.map_err(WorkError::from) {
                Ok(true) => return,
                Ok(false) => match self.halted().await {
                    Ok(halted) => ends.retain(|(partition, _)| !halted.contains(partition)),
                    Err(error) => {
                        tracing::warn!(%error, "halted partitions could not be read; it is tried again");
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "the checkpoints could not be read; it is tried again");
                    sleep(POLL).await;
                }
            }
        }
    }

    async fn ends(&self) -> Vec<(u16, u64)> {
        loop {
            match self.log.tails().await {
                Ok(tails) => return (0..).zip(tails.into_iter().map(|tail| tail.0)).collect(),
                Err(error) => {
                    tracing::warn!(%error, "the log's end could not be read; it is tried again");
                    sleep(POLL).await;
                }
            }
        }
    }

    async fn halted(&self) -> Result<BTreeSet<u16>, WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let states = lease::list(&client).await?.into_iter();
        let halted = states
            .filter(|state| state.subscription == self.progress.subscription() && state.halted.is_some());
        Ok(halted.filter_map(|state| u16::try_from(state.partition).ok()).collect())
    }

    async fn claim(&self, role: &str, limits: Limits, free: usize) -> Result<Vec<Task>, WorkError> {
        if free == 0 {
            return Ok(Vec::new());
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        Ok(todo::claim(&client, role, self.owner, free, limits.time * 2).await?)
    }
}
