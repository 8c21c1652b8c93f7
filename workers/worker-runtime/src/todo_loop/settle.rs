//! What is done about a try that ended: nothing, try again later, or park it and block its key.

use std::time::Duration;

use read_store::{dead_letter, todo, todo::Task};
use uuid::Uuid;

use super::{
    Limits, RETRY_DELAY, RETRY_DELAY_MAX, Running,
    attempt::{Done, Ended, Failure},
};
use crate::{Decision, WorkError};

/// What a try asks for.
enum Verdict<'a> {
    Nothing,
    AwaitFold { position: u64 },
    Finish { why: &'static str },
    Retry { delay: Duration, error: &'a WorkError, counted: bool },
    Park { error: &'a WorkError },
}

impl Ended {
    fn verdict(&self, limits: Limits) -> Verdict<'_> {
        let more = self.task.attempts + 1 < limits.attempts_max;
        match &self.outcome {
            Ok(Done::Gone) => Verdict::Nothing,
            Ok(Done::Appended(position)) => Verdict::AwaitFold { position: *position },
            Ok(Done::FoldedBefore) => Verdict::Finish { why: "it was done before" },
            // Parking it would block what else its key asks for, for ever.
            Ok(Done::Erased) => Verdict::Finish { why: "its data subject was erased" },
            // The log or the schema is at fault, not the task: parking would only move the whole list away.
            Err(Failure::Work(error) | Failure::Surroundings(error)) if error.decision == Decision::Halt => {
                Verdict::Retry { delay: RETRY_DELAY_MAX, error, counted: true }
            }
            Err(Failure::Surroundings(error)) if error.decision == Decision::Retry => {
                Verdict::Retry { delay: RETRY_DELAY, error, counted: false }
            }
            Err(Failure::Work(error)) if error.decision == Decision::Retry && more => {
                Verdict::Retry { delay: retry_delay(&self.task), error, counted: true }
            }
            Err(Failure::Work(error) | Failure::Surroundings(error)) => Verdict::Park { error },
        }
    }
}

impl Running {
    /// Does what the outcome asks for. Failing to do so is harmless: the lease runs out and the task is tried again.
    pub(super) async fn settle(&mut self, ended: Ended) {
        let role = self.act.role();
        let verdict = ended.verdict(self.act.limits());
        let outcome = match verdict {
            Verdict::Nothing | Verdict::AwaitFold { .. } | Verdict::Finish { .. } => "ok",
            Verdict::Retry { .. } => "retried",
            Verdict::Park { .. } => "dead_lettered",
        };
        metrics::counter!("elite_todo_attempts_total", "role" => role, "outcome" => outcome).increment(1);
        if let Verdict::AwaitFold { position } = verdict {
            self.unfolded.add(ended.task, position);
        } else if let Err(error) = self.carry_out(role, &ended, verdict).await {
            tracing::warn!(role, %error, "a task could not be given back; its lease runs out by itself");
        }
    }

    async fn carry_out(
        &self,
        role: &'static str,
        ended: &Ended,
        verdict: Verdict<'_>,
    ) -> Result<(), WorkError> {
        if matches!(verdict, Verdict::Nothing) {
            return Ok(());
        }
        let client = self.todo.store.client().await.map_err(WorkError::retry)?;
        let task = &ended.task;
        match verdict {
            Verdict::Nothing | Verdict::AwaitFold { .. } => {}
            Verdict::Finish { why } => {
                tracing::info!(role, cause = %task.cause_id, why, "a task leaves the list");
                todo::finish(&client, role, task).await?;
            }
            Verdict::Retry { delay, error, counted } => {
                tracing::warn!(role, cause = %task.cause_id, attempt = task.attempts + 1, %error, "a task failed; it is tried again");
                todo::retry(&client, role, task, delay, &error.reason, counted).await?;
            }
            Verdict::Park { error } => {
                tracing::error!(role, cause = %task.cause_id, key = %task.key, %error, "a task is parked and its key blocked");
                metrics::counter!("elite_dead_letters_total", "role" => role).increment(1);
                dead_letter::park_task(&client, role, task, &ended.event_type, &error.reason).await?;
            }
        }
        Ok(())
    }
}

/// Doubles from half a second up to a bound, less up to half of it, so that tasks that failed together do not come back
/// together. What looks drawn follows from cause and attempt.
fn retry_delay(task: &Task) -> Duration {
    let doubled = Duration::from_millis(500) * 2_u32.pow(task.attempts.min(10));
    let drawn = Uuid::new_v5(&task.cause_id, &task.attempts.to_le_bytes()).as_bytes()[0];
    doubled.min(RETRY_DELAY_MAX).mul_f64(1.0 - f64::from(drawn) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(cause: u128, attempts: u32) -> Task {
        let (tenant, key) = (String::new(), String::new());
        Task { cause_id: Uuid::from_u128(cause), tenant, key, partition: 0, position: 1, attempts, epoch: 1 }
    }

    #[test]
    fn tries_are_further_and_further_apart_up_to_a_bound_and_never_all_at_once() {
        for attempts in 0..40 {
            let full = Duration::from_millis(500) * 2_u32.pow(attempts.min(10));
            let full = full.min(RETRY_DELAY_MAX);
            let delays: Vec<Duration> = (0..100).map(|cause| retry_delay(&task(cause, attempts))).collect();
            assert!(delays.iter().all(|delay| (full / 2..=full).contains(delay)), "{delays:?}");
            let distinct: std::collections::HashSet<&Duration> = delays.iter().collect();
            assert!(distinct.len() > 50, "{distinct:?}");
        }
        assert_eq!(retry_delay(&task(7, 3)), retry_delay(&task(7, 3)));
        assert_ne!(retry_delay(&task(7, 30)), retry_delay(&task(7, 31)));
    }
}
