//! One try of a task: read the cause, act, append the results. Several run at once.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use event_log::{Outcome, Position, opened, sealed};
use event_model::{Envelope, Event, PartitionId};
use read_store::{todo, todo::Task};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use uuid::Uuid;

use super::{Act, TodoLoop, Worked};
use crate::WorkError;

/// Events about others that are appended at once.
const FOLLOWING_MAX: usize = 500;

/// What a try that went well leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Nothing: the row goes when the result, whose last event is at this position, is folded.
    Appended(u64),
    /// The result was folded before, so that nobody else will take the row off the list.
    FoldedBefore,
    /// The cause's data subject was erased: nobody can do this work any more, and nobody has to.
    Erased,
    /// Nothing: whoever had the row before had done it, and the fold took it off the list.
    Gone,
}

/// Why a try failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The work did, so the attempt counts.
    Work(WorkError),
    /// What every task needs (the log, the database, the keys) was not there. It would be unjust to park tasks for that.
    Surroundings(WorkError),
}

/// How one try ended.
pub(super) struct Ended {
    pub(super) task: Task,
    pub(super) event_type: String,
    pub(super) outcome: Result<Done, Failure>,
}

/// What is known of a try while it runs, and after it died.
struct Underway {
    task: Task,
    /// The cause's type, once the cause was read. Until then nothing is begun.
    event_type: Arc<OnceLock<String>>,
    abort: AbortHandle,
}

/// The tries under way.
#[derive(Default)]
pub(super) struct Attempts {
    running: JoinSet<Result<Done, Failure>>,
    underway: HashMap<Id, Underway>,
}

type Joined = Result<(Id, Result<Done, Failure>), JoinError>;

impl Attempts {
    pub(super) fn len(&self) -> usize {
        self.underway.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.underway.is_empty()
    }

    pub(super) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.underway.values().map(|underway| &underway.task)
    }

    /// Begins a try of `task`. If one is under way, because its lease ran out and was ours again, it goes on instead.
    pub(super) fn begin(&mut self, todo: TodoLoop, act: Arc<dyn Act>, task: Task) {
        if let Some(same) = self.underway.values_mut().find(|same| same.task.cause_id == task.cause_id) {
            same.task = task;
            return;
        }
        let event_type = Arc::new(OnceLock::new());
        let (trying, reading) = (task.clone(), Arc::clone(&event_type));
        let abort = self.running.spawn(async move { todo.attempt(&*act, &trying, &reading).await });
        self.underway.insert(abort.id(), Underway { task, event_type, abort });
    }

    /// Ends the tries of tasks that are not among `held`, and says which.
    pub(super) fn drop_lost(&mut self, held: &HashSet<Uuid>) -> Vec<(Uuid, i64)> {
        self.withdraw(|underway| !held.contains(&underway.task.cause_id))
            .into_iter()
            .map(|task| (task.cause_id, task.epoch))
            .collect()
    }

    /// Ends the tries that have not yet read their cause.
    pub(super) fn withdraw_unbegun(&mut self) -> Vec<Task> {
        self.withdraw(|underway| underway.event_type.get().is_none())
    }

    fn withdraw(&mut self, which: impl Fn(&Underway) -> bool) -> Vec<Task> {
        let withdrawn = self.underway.extract_if(|_, underway| which(underway));
        withdrawn
            .map(|(_, underway)| {
                underway.abort.abort();
                underway.task
            })
            .collect()
    }

    /// The next that ends; none if none is under way.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        while let Some(joined) = self.running.join_next_with_id().await {
            if let Some(ended) = self.ended(joined) {
                return Some(ended);
            }
        }
        None
    }

    /// One that has ended, if there is one.
    pub(super) fn try_next(&mut self) -> Option<Ended> {
        while let Some(joined) = self.running.try_join_next_with_id() {
            if let Some(ended) = self.ended(joined) {
                return Some(ended);
            }
        }
        None
    }

    /// How a try ended; none for one that was withdrawn.
    fn ended(&mut self, joined: Joined) -> Option<Ended> {
        let (id, outcome) = match joined {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(Failure::Work(WorkError::retry(died(error))))),
        };
        let Underway { task, event_type, .. } = self.underway.remove(&id)?;
        Some(Ended { task, event_type: event_type.get().cloned().unwrap_or_default(), outcome })
    }
}

/// Last words of a task that did not return.
fn died(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was aborted".to_owned() };
    let panic: &dyn Any = &*panic;
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", message.unwrap_or("without a message"))
}

/// An error of what surrounds the work.
fn around<E: Into<WorkError>>(error: E) -> Failure {
    Failure::Surroundings(error.into())
}

impl TodoLoop {
    async fn attempt(
        &self,
        act: &dyn Act,
        task: &Task,
        event_type: &OnceLock<String>,
    ) -> Result<Done, Failure> {
        if task.epoch > 1 && !self.still_to_do(act.role(), task).await? {
            return Ok(Done::Gone);
        }
        let limit = act.limits().time;
        let trying = self.try_once(act, task, event_type);
        let too_long = || WorkError::retry(format!("it took longer than {} s", limit.as_secs()));
        tokio::time::timeout(limit, trying).await.unwrap_or_else(|_| Err(Failure::Work(too_long())))
    }

    /// Whether a task that somebody had before is still to be done. Their result may be in the log and not folded yet.
    async fn still_to_do(&self, role: &str, task: &Task) -> Result<bool, Failure> {
        let tails = self.log.tails().await.map_err(around)?;
        let tail = tails.get(usize::from(task.partition)).copied().unwrap_or_default();
        self.folded(vec![(task.partition, tail.0)]).await;
        let client = self.store.client().await.map_err(around)?;
        todo::holds(&client, role, task).await.map_err(around)
    }

    async fn try_once(
        &self,
        act: &dyn Act,
        task: &Task,
        event_type: &OnceLock<String>,
    ) -> Result<Done, Failure> {
        let Some(cause) = self.cause(task, event_type).await? else { return Ok(Done::Erased) };
        let key = match &cause.datasubject {
            Some(subject) => match self.keyring.get(&cause.tenant, subject).await.map_err(around)? {
                None => return Ok(Done::Erased),
                key => key,
            },
            None => None,
        };
        let Worked { results, follows } = act.work(&cause, key.as_ref()).await.map_err(Failure::Work)?;
        if results.is_empty() {
            let nothing = "the role gave no result, so nothing says that it is done";
            return Err(Failure::Work(WorkError::dead_letter(nothing)));
        }
        for result in &results {
            check_key(&cause, result).map_err(Failure::Work)?;
        }
        self.append_what_follows(&cause, follows).await?;
        self.append(&cause, results).await
    }

    /// The cause with its data open; none if its key was destroyed.
    async fn cause(&self, task: &Task, event_type: &OnceLock<String>) -> Result<Option<Event>, Failure> {
        let (partition, position) = (PartitionId(task.partition), Position(task.position));
        let found = self.log.read(partition, position, 1).await.map_err(around)?;
        let missing = || Failure::Work(WorkError::retry("its cause is not in the log"));
        let record = found.first().ok_or_else(missing)?;
        let cause = record.envelope().map_err(|error| Failure::Work(WorkError::dead_letter(error)))?;
        if cause.id != task.cause_id {
            return Err(around(WorkError::halt(format!(
                "position {} of partition {} holds another event than its cause",
                task.position, task.partition
            ))));
        }
        event_type.get_or_init(|| cause.event_type.to_string());
        let cause = opened(&*self.keyring, cause).await.map_err(around)?;
        Ok(cause.map(Envelope::into_owned))
    }

    /// What the results mean for others, a bounded number at once.
    async fn append_what_follows(&self, cause: &Event, follows: Vec<Event>) -> Result<(), Failure> {
        for portion in follows.chunks(FOLLOWING_MAX) {
            let ready = self.ready(cause, portion.to_vec()).await?;
            self.log.append(ready).await.map_err(around)?;
        }
        Ok(())
    }

    /// The events as they are appended: with their cause, and sealed for whom it is about.
    async fn ready(&self, cause: &Event, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let mut ready = Vec::with_capacity(events.len());
        for event in events {
            let mut event = event.caused_by(cause);
            event.datasubject.clone_from(&cause.datasubject);
            ready.push(sealed(&*self.keyring, event).await.map_err(around)?);
        }
        Ok(ready)
    }

    async fn append(&self, cause: &Event, results: Vec<Event>) -> Result<Done, Failure> {
        let ready = self.ready(cause, results).await?;
        let answers = self.log.append(ready).await.map_err(around)?;
        let folded = self.progress.folded();
        let folded_before = answers.iter().all(|answer| {
            let folded = folded.get(usize::from(answer.partition.0)).copied().unwrap_or_default();
            answer.outcome == Outcome::Duplicate && answer.position.0 <= folded
        });
        let last = answers.iter().map(|answer| answer.position.0).max().unwrap_or_default();
        Ok(if folded_before { Done::FoldedBefore } else { Done::Appended(last) })
    }
}

/// Whether the result is folded after its cause and by the same owner: in the same partition, in order.
fn check_key(cause: &Event, result: &Event) -> Result<(), WorkError> {
    let (asked, given) = ((&cause.tenant, &*cause.partitionkey), (&result.tenant, &*result.partitionkey));
    if asked == given {
        return Ok(());
    }
    Err(WorkError::dead_letter(format!(
        "the role gave a result `{}` with the key `{}/{}` for a cause with the key `{}/{}`; results keep their cause's key",
        &*result.event_type, given.0, given.1, asked.0, asked.1
    )))
}
