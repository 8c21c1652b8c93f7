//! The transaction that puts replayed tables in the place of the live ones. Nobody folds while it runs, and readers wait for
//! its last moment only: locks that it does not get at once it gives up, so that nobody queues behind it.

use std::time::Instant;

use read_store::{StoreError, Transaction};

use super::{
    compare, kept,
    replay::{Ahead, Replay},
    settle::{Settled, checkpoints},
    skipped, swap,
};
use crate::RebuildError;

/// How long a projector's commit may be waited for.
const COMMIT_TIME_MAX: &str = "set local lock_timeout = '5s'";
/// How long readers of a table may be waited for, while others wait behind us.
const READERS_TIME_MAX: &str = "set local lock_timeout = '100ms'";

/// How the switch went.
pub(super) enum Switched {
    /// The replayed tables are the live ones; what was before is kept in this schema, if anything was.
    Done {
        /// Where the tables are that were live before.
        retired: Option<String>,
        /// How long nobody could fold.
        paused_ms: f64,
    },
    /// What changed since the comparison differs; nothing was done.
    Different,
    /// The projector is further than what was made ready; nothing was done.
    Behind,
}

impl Replay<'_> {
    /// Locks the checkpoints in partition order, folds the rest, compares what changed since `settled`, and switches.
    pub(super) async fn switch(
        &self,
        ahead: &Ahead,
        settled: &mut Settled,
    ) -> Result<Switched, RebuildError> {
        let mut client = self.store.client().await?;
        let mut tx = client.transaction().await.map_err(StoreError::from)?;
        tx.batch_execute(COMMIT_TIME_MAX).await.map_err(StoreError::from)?;
        let positions = checkpoints(&tx, "for update").await?;
        let paused = Instant::now();
        let parked = skipped::parked(&tx).await?;
        self.check_parked(&parked)?;
        let Some(rest) = self.rest(&positions, &parked, ahead)? else { return Ok(Switched::Behind) };
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, &rest.events).await?;
        if settled.is_equal() && !self.still_equal(&tx, settled).await? {
            return Ok(Switched::Different);
        }
        tx.batch_execute(READERS_TIME_MAX).await.map_err(StoreError::from)?;
        let at = kept::Vector { positions, parked };
        let retired = swap::swap_in(&mut tx, &self.scratch.schema, self.projections, &at).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let (events, skipped) = rest.len();
        self.counts.add(events, skipped);
        Ok(Switched::Done { retired, paused_ms: paused.elapsed().as_secs_f64() * 1_000.0 })
    }

    async fn still_equal(&self, tx: &Transaction<'_>, settled: &mut Settled) -> Result<bool, StoreError> {
        for (projection, report) in self.projections.projections().iter().zip(&mut settled.projections) {
            compare::since_snapshot(tx, &self.scratch.schema, *projection, &settled.since, report).await?;
        }
        Ok(settled.is_equal())
    }
}
