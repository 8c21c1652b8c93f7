//! Renewing leases while work goes on and while its result waits to be folded.
//!
//! A lease is short, so that the task of a worker that died is soon taken over; a worker that lives renews it. Renewed is
//! only what this loop knows it has: a claim whose answer was lost runs out.

use std::collections::HashMap;

use read_store::{
    checkpoint,
    todo::{self, Task},
};
use uuid::Uuid;

use super::Running;
use crate::WorkError;

/// Tasks whose results are in the log and not folded yet, by cause, and the position of the last result in the partition
/// of its cause.
#[derive(Default)]
pub(super) struct Unfolded(HashMap<Uuid, (Task, u64)>);

impl Unfolded {
    /// The results of `task` are in the log.
    pub(super) fn add(&mut self, task: Task, position: u64) {
        self.0.insert(task.cause_id, (task, position));
    }

    /// Whether `task`, which was just claimed, only waits for its fold; it has a new lease then.
    pub(super) fn renewed(&mut self, task: &Task) -> bool {
        let Some((known, _)) = self.0.get_mut(&task.cause_id) else { return false };
        known.clone_from(task);
        true
    }

    fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.0.values().map(|(task, _)| task)
    }
}

impl Running {
    /// Renews what this loop has in hand, and drops what it has lost. If it fails, it is tried again at the next beat.
    pub(super) async fn beat(&mut self) {
        if self.attempts.is_empty() && self.unfolded.0.is_empty() {
            return;
        }
        if let Err(error) = self.renew().await {
            tracing::warn!(role = self.act.role(), %error, "leases of tasks could not be renewed; it is tried again");
        }
    }

    async fn renew(&mut self) -> Result<(), WorkError> {
        let role = self.act.role();
        let client = self.todo.store.client().await.map_err(WorkError::retry)?;
        // Before the rows: a row that is still there after its result was folded will not go by itself.
        let folded = self.folded(&client).await?;
        let tasks: Vec<&Task> = self.attempts.tasks().chain(self.unfolded.tasks()).collect();
        let held = todo::renew(&client, role, &tasks, self.pace.lease).await?;
        for (cause, epoch) in self.attempts.drop_lost(&held) {
            tracing::warn!(role, %cause, epoch, "a task is no longer ours; another worker has it, or its result is folded");
        }
        self.unfolded.0.retain(|cause, _| held.contains(cause));
        let stays = |task: &Task, result: u64| folded.get(&task.partition).is_some_and(|at| *at >= result);
        let stay: Vec<Task> = self
            .unfolded
            .0
            .values()
            .filter(|(task, result)| stays(task, *result))
            .map(|(task, _)| task.clone())
            .collect();
        for task in stay {
            tracing::info!(role, cause = %task.cause_id, "a task was done before; it leaves the list");
            todo::finish(&client, role, &task).await?;
            self.unfolded.0.remove(&task.cause_id);
        }
        Ok(())
    }

    async fn folded(&self, client: &read_store::Client) -> Result<HashMap<u16, u64>, WorkError> {
        if self.unfolded.0.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = checkpoint::read(client, self.todo.progress.subscription()).await?;
        Ok(rows.into_iter().map(|(partition, _, at)| (partition, at.position)).collect())
    }
}
