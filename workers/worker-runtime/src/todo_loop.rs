//! The to-do loop: claims rows of a role's list, does the work, appends the results.
//!
//! A row is deleted by the projector when it folds the result, never here. A crash after the append changes nothing,
//! because repeating the work gives a result with the same id.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{EventLog, Keyring, Position, opened, sealed};
use event_model::{Event, PartitionId};
use read_store::{Progress, Store, dead_letter, todo, todo::Task};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Decision, Wakes, WorkError};

/// How often the list is looked at when nobody rings.
const POLL: Duration = Duration::from_secs(1);
/// Longest wait between two tries of a task.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(300);

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
    /// and keep its partition key. The data of `cause` is open.
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

/// How one try ended.
struct Tried {
    task: Task,
    event_type: String,
    outcome: Result<(), WorkError>,
}

impl TodoLoop {
    /// Runs until `stop`; what is under way then is finished first.
    pub async fn run(self, act: Arc<dyn Act>, stop: CancellationToken) {
        tokio::select! {
            () = self.caught_up() => {}
            () = stop.cancelled() => return,
        }
        let (role, limits) = (act.role(), act.limits());
        let mut trying: JoinSet<Tried> = JoinSet::new();
        while !stop.is_cancelled() {
            let free = limits.concurrency.saturating_sub(trying.len());
            let claimed = match self.claim(role, limits, free).await {
                Ok(tasks) => tasks,
                Err(error) => {
                    tracing::warn!(role, %error, "the to-do list could not be read; it is tried again");
                    Vec::new()
                }
            };
            metrics::gauge!("elite_worker_heartbeat_timestamp_seconds", "role" => role)
                .set(crate::projector::unix_seconds());
            let full = free > 0 && claimed.len() == free;
            for task in claimed {
                let (this, act) = (self.clone(), Arc::clone(&act));
                trying.spawn(async move { this.attempt(&*act, task).await });
            }
            if full && trying.len() < limits.concurrency {
                continue;
            }
            tokio::select! {
                () = self.wakes.heard(role) => {}
                () = sleep(POLL) => {}
                Some(tried) = trying.join_next() => self.settle(role, limits, tried).await,
                () = stop.cancelled() => {}
            }
            while let Some(tried) = trying.try_join_next() {
                self.settle(role, limits, tried).await;
            }
        }
        while let Some(tried) = trying.join_next().await {
            self.settle(role, limits, tried).await;
        }
    }

    /// Waits until everything that is in the log now is folded: after a restore from nothing, work that was done before
    /// shows up as done before anybody does it again.
    async fn caught_up(&self) {
        loop {
            let ends = match self.log.tails().await {
                Ok(tails) => (0..).zip(tails.into_iter().map(|tail| tail.0)).collect::<Vec<(u16, u64)>>(),
                Err(error) => {
                    tracing::warn!(%error, "the log's end could not be read; it is tried again");
                    sleep(POLL).await;
                    continue;
                }
            };
            match self.progress.wait(&self.store, &ends, RETRY_DELAY_MAX).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "the checkpoints could not be read; it is tried again");
                    sleep(POLL).await;
                }
            }
        }
    }

    async fn claim(&self, role: &str, limits: Limits, free: usize) -> Result<Vec<Task>, WorkError> {
        if free == 0 {
            return Ok(Vec::new());
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        Ok(todo::claim(&client, role, self.owner, free, limits.time * 2).await?)
    }

    async fn attempt(&self, act: &dyn Act, task: Task) -> Tried {
        let mut event_type = String::new();
        let trying = self.try_once(act, &task, &mut event_type);
        let outcome = match tokio::time::timeout(act.limits().time, trying).await {
            Ok(outcome) => outcome,
            Err(_) => Err(WorkError::retry(format!("it took longer than {} s", act.limits().time.as_secs()))),
        };
        Tried { task, event_type, outcome }
    }

    async fn try_once(&self, act: &dyn Act, task: &Task, event_type: &mut String) -> Result<(), WorkError> {
        let found = self.log.read(PartitionId(task.partition), Position(task.position), 1).await?;
        let record = found.first().ok_or_else(|| WorkError::retry("its cause is not in the log"))?;
        let cause = record.envelope().map_err(WorkError::dead_letter)?;
        *event_type = cause.event_type.to_string();
        // A cause whose key was destroyed asks for nothing any more; the row goes with the subject's other rows.
        let cause = opened(&*self.keyring, cause).await?;
        let cause = cause.ok_or_else(|| WorkError::dead_letter("its data subject was erased"))?.into_owned();
        let mut results = Vec::new();
        for result in act.act(&cause).await? {
            let mut result = result.caused_by(&cause);
            result.datasubject.clone_from(&cause.datasubject);
            results.push(sealed(&*self.keyring, result).await?);
        }
        self.log.append(results).await?;
        Ok(())
    }

    /// Does what the outcome asks for. Failing to do so is harmless: the lease runs out and the task is tried again.
    async fn settle(&self, role: &'static str, limits: Limits, tried: Result<Tried, tokio::task::JoinError>) {
        let tried = match tried {
            Ok(tried) => tried,
            Err(error) => {
                tracing::error!(role, %error, "a task died; it is tried again when its lease runs out");
                return;
            }
        };
        let outcome = match &tried.outcome {
            Ok(()) => "ok",
            Err(error)
                if error.decision == Decision::Retry && tried.task.attempts + 1 < limits.attempts_max =>
            {
                "retried"
            }
            Err(_) => "dead_lettered",
        };
        metrics::counter!("elite_todo_attempts_total", "role" => role, "outcome" => outcome).increment(1);
        let Err(error) = &tried.outcome else { return };
        if let Err(error) = self.give_back(role, &tried, error, outcome == "retried").await {
            tracing::warn!(role, %error, "a failed task could not be given back; its lease runs out by itself");
        }
    }

    async fn give_back(
        &self,
        role: &str,
        tried: &Tried,
        error: &WorkError,
        again: bool,
    ) -> Result<(), WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let task = &tried.task;
        if again {
            tracing::warn!(role, cause = %task.cause_id, attempt = task.attempts + 1, %error, "a task failed; it is tried again");
            todo::retry(&client, role, task, retry_delay(task), &error.reason).await?;
        } else {
            tracing::error!(role, cause = %task.cause_id, key = %task.key, %error, "a task is parked and its key blocked");
            metrics::counter!("elite_dead_letters_total", "role" => role.to_owned()).increment(1);
            dead_letter::park_task(&client, role, task, &tried.event_type, &error.reason).await?;
        }
        Ok(())
    }
}

/// Doubles from half a second, spread by up to half so that tasks that failed together do not come back together.
fn retry_delay(task: &Task) -> Duration {
    let doubled = Duration::from_millis(500) * 2_u32.pow(task.attempts.min(10));
    let spread = f64::from(task.cause_id.as_bytes()[15]) / 512.0;
    doubled.min(RETRY_DELAY_MAX).mul_f64(1.0 + spread)
}
