//! Putting on a role's list what the fold does not: what lacks a result because of a setting, or of the release that runs.

use std::time::Duration;

use read_models::query::Unanswered;
use read_store::{Progress, Store, StoreError, todo::Cause};
use tokio::time::Instant;

use crate::catalogue::ActingRole;

/// How long to wait at least before looking again: whoever folds is not asked after every commit.
const PAUSE: Duration = Duration::from_millis(500);
/// Looking costs more where there is more to look at: at most one part in so many of the time is spent on it.
const PAUSE_FACTOR: u32 = 10;
/// How long to wait for something new.
const WAIT: Duration = Duration::from_secs(30);

/// One look at what lacks a result, from when it begins.
pub(crate) struct Round<'a> {
    progress: &'a Progress,
    folded: Vec<u64>,
    begun: Instant,
}

impl<'a> Round<'a> {
    /// Notes what is folded before anybody looks: what is folded meanwhile is looked at in the next round.
    pub(crate) fn begin(progress: &'a Progress) -> Self {
        Self { progress, folded: progress.folded(), begun: Instant::now() }
    }

    /// Waits until something more was folded, or for a while. `looked` is how it went, `what` is what was looked for.
    pub(crate) async fn end(self, store: &Store, what: &str, looked: Result<(), StoreError>) {
        if let Err(error) = looked {
            tracing::warn!(%error, "{what} could not be looked for");
        }
        tokio::time::sleep(PAUSE.max(self.begun.elapsed() * PAUSE_FACTOR)).await;
        if let Err(error) = self.progress.wait_beyond(store, &self.folded, WAIT).await {
            tracing::warn!(%error, "it could not be learnt what was folded");
        }
    }
}

/// What was found, as tasks of `role`.
pub(crate) fn causes(role: &ActingRole, found: Vec<Unanswered>) -> Vec<Cause> {
    let cause = |one: Unanswered| Cause {
        role: role.name,
        cause_id: one.event,
        key: format!("{}/{}", one.tenant, one.partitionkey),
        tenant: one.tenant,
        partition: one.partition,
        position: one.position,
        enqueued_at: one.recorded_at,
    };
    found.into_iter().map(cause).collect()
}
