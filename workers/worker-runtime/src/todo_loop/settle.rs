//! What is done about a try that ended: nothing, try again later, or park it and block its key.

use std::time::Duration;

use read_store::{dead_letter, todo, todo::Task};

use super::{
    Limits, RETRY_DELAY_MAX, TodoLoop,
    attempt::{Done, Ended},
};
use crate::{Decision, WorkError};

/// What a try asks for.
enum Verdict<'a> {
    Nothing,
    Finish,
    Retry { delay: Duration, error: &'a WorkError },
    Park { error: &'a WorkError },
}

impl Ended {
    fn verdict(&self, limits: Limits) -> Verdict<'_> {
        match &self.outcome {
            Ok(Done::Appended) => Verdict::Nothing,
            Ok(Done::FoldedBefore) => Verdict::Finish,
            // The log or the schema is at fault, not the task: parking would only move the whole list away.
            Err(error) if error.decision == Decision::Halt => {
                Verdict::Retry { delay: RETRY_DELAY_MAX, error }
            }
            Err(error)
                if error.decision == Decision::Retry && self.task.attempts + 1 < limits.attempts_max =>
            {
                Verdict::Retry { delay: retry_delay(&self.task), error }
            }
            Err(error) => Verdict::Park { error },
        }
    }
}

impl TodoLoop {
    /// Does what the outcome asks for. Failing to do so is harmless: the lease runs out and the task is tried again.
    pub(super) async fn settle(&self, role: &'static str, limits: Limits, ended: Ended) {
        let verdict = ended.verdict(limits);
        let outcome = match verdict {
            Verdict::Nothing | Verdict::Finish => "ok",
            Verdict::Retry { .. } => "retried",
            Verdict::Park { .. } => "dead_lettered",
        };
        metrics::counter!("elite_todo_attempts_total", "role" => role, "outcome" => outcome).increment(1);
        if let Err(error) = self.carry_out(role, &ended, verdict).await {
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
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let task = &ended.task;
        match verdict {
            Verdict::Nothing => {}
            Verdict::Finish => {
                tracing::info!(role, cause = %task.cause_id, "a task was done before; it leaves the list");
                todo::finish(&client, role, task).await?;
            }
            Verdict::Retry { delay, error } => {
                tracing::warn!(role, cause = %task.cause_id, attempt = task.attempts + 1, %error, "a task failed; it is tried again");
                todo::retry(&client, role, task, delay, &error.reason).await?;
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

/// Doubles from half a second, spread by up to half so that tasks that failed together do not come back together.
fn retry_delay(task: &Task) -> Duration {
    let doubled = Duration::from_millis(500) * 2_u32.pow(task.attempts.min(10));
    let spread = f64::from(task.cause_id.as_bytes()[15]) / 512.0;
    doubled.min(RETRY_DELAY_MAX).mul_f64(1.0 + spread)
}
