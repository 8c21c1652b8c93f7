//! One try of a task: read the cause, act, append the results. Several run at once.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use event_log::{Outcome, Position, opened, sealed};
use event_model::{Event, PartitionId};
use read_store::todo::Task;
use tokio::task::{Id, JoinError, JoinSet};

use super::{Act, TodoLoop};
use crate::WorkError;

/// What a try that went well leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Nothing: the row goes when the result is folded.
    Appended,
    /// The result was folded before, so that nobody else will take the row off the list.
    FoldedBefore,
}

/// How one try ended.
pub(super) struct Ended {
    pub(super) task: Task,
    pub(super) event_type: String,
    pub(super) outcome: Result<Done, WorkError>,
}

/// What is known of a try while it runs, and after it died.
struct Underway {
    task: Task,
    /// The cause's type, once the cause was read.
    event_type: Arc<OnceLock<String>>,
}

/// The tries under way.
#[derive(Default)]
pub(super) struct Attempts {
    running: JoinSet<Result<Done, WorkError>>,
    underway: HashMap<Id, Underway>,
}

type Joined = Result<(Id, Result<Done, WorkError>), JoinError>;

impl Attempts {
    pub(super) fn len(&self) -> usize {
        self.underway.len()
    }

    pub(super) fn begin(&mut self, todo: TodoLoop, act: Arc<dyn Act>, task: Task) {
        let event_type = Arc::new(OnceLock::new());
        let underway = Underway { task: task.clone(), event_type: Arc::clone(&event_type) };
        let handle = self.running.spawn(async move { todo.attempt(&*act, &task, &event_type).await });
        self.underway.insert(handle.id(), underway);
    }

    /// The next that ends; none if none is under way.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        let joined = self.running.join_next_with_id().await?;
        self.ended(joined)
    }

    /// One that has ended, if there is one.
    pub(super) fn try_next(&mut self) -> Option<Ended> {
        let joined = self.running.try_join_next_with_id()?;
        self.ended(joined)
    }

    fn ended(&mut self, joined: Joined) -> Option<Ended> {
        let (id, outcome) = match joined {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(WorkError::retry(died(error)))),
        };
        let Underway { task, event_type } = self.underway.remove(&id)?;
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

impl TodoLoop {
    async fn attempt(
        &self,
        act: &dyn Act,
        task: &Task,
        event_type: &OnceLock<String>,
    ) -> Result<Done, WorkError> {
        let limit = act.limits().time;
        let trying = self.try_once(act, task, event_type);
        tokio::time::timeout(limit, trying)
            .await
            .unwrap_or_else(|_| Err(WorkError::retry(format!("it took longer than {} s", limit.as_secs()))))
    }

    async fn try_once(
        &self,
        act: &dyn Act,
        task: &Task,
        event_type: &OnceLock<String>,
    ) -> Result<Done, WorkError> {
        let found = self.log.read(PartitionId(task.partition), Position(task.position), 1).await?;
        let record = found.first().ok_or_else(|| WorkError::retry("its cause is not in the log"))?;
        let cause = record.envelope().map_err(WorkError::dead_letter)?;
        if cause.id != task.cause_id {
            return Err(WorkError::halt(format!(
                "position {} of partition {} holds another event than its cause",
                task.position, task.partition
            )));
        }
        event_type.get_or_init(|| cause.event_type.to_string());
        // A cause whose key was destroyed asks for nothing any more; the row goes with the subject's other rows.
        let cause = opened(&*self.keyring, cause).await?;
        let cause = cause.ok_or_else(|| WorkError::dead_letter("its data subject was erased"))?.into_owned();
        let results = act.act(&cause).await?;
        if results.is_empty() {
            return Err(WorkError::dead_letter("the role gave no result, so nothing says that it is done"));
        }
        self.append(&cause, results).await
    }

    async fn append(&self, cause: &Event, results: Vec<Event>) -> Result<Done, WorkError> {
        let mut ready = Vec::with_capacity(results.len());
        for result in results {
            let mut result = result.caused_by(cause);
            result.datasubject.clone_from(&cause.datasubject);
            ready.push(sealed(&*self.keyring, result).await?);
        }
        let answers = self.log.append(ready).await?;
        let folded = self.progress.folded();
        let folded_before = answers.iter().all(|answer| {
            let folded = folded.get(usize::from(answer.partition.0)).copied().unwrap_or_default();
            answer.outcome == Outcome::Duplicate && answer.position.0 <= folded
        });
        Ok(if folded_before { Done::FoldedBefore } else { Done::Appended })
    }
}
