//! Replaying the log beside the live tables: to prove that they are what the log says, or to replace them.
//!
//! ```text
//!   log         1 ........................ checkpoint .... tail
//!   scratch     |== short transactions ==>|=>|
//!                                             ^ one transaction: lock the checkpoints, fold the rest up to exactly
//!                                               them, compare, then drop the scratch or swap it in
//! ```
//!
//! Readers and the projector go on until that last transaction. The replay never goes beyond the live checkpoints, and
//! never holds a connection while it reads the log.

mod compare;
mod finish;
mod replay;
mod report;
mod scratch;
mod skipped;

use std::{sync::Arc, time::Instant};

use event_log::EventLog;
use read_store::Store;

use crate::{Projections, RebuildError};
use finish::Finish;
use replay::Replay;
pub use report::{Difference, Mode, Progress, ProjectionReport, Report, TableReport};
use scratch::Scratch;

/// Attempts to catch up with a projector that keeps going.
const ATTEMPTS_MAX: u32 = 20;

/// Called with every batch, to show how far the replay is.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Rebuilds and verifies projections.
#[derive(Clone)]
pub struct Rebuilder {
    store: Store,
    log: Arc<dyn EventLog>,
    projections: Projections,
}

impl Rebuilder {
    /// Over a store, the log it follows, and the projections that may be named.
    pub fn new(store: Store, log: Arc<dyn EventLog>, projections: Projections) -> Self {
        Self { store, log, projections }
    }

    /// Replays the named projections (all, if none is named) and compares; the live tables stay as they are.
    pub async fn verify(&self, names: &[&str], on_progress: OnProgress<'_>) -> Result<Report, RebuildError> {
        self.run(Mode::Verify, names, on_progress).await
    }

    /// Replays the named projections (all, if none is named) and puts the replayed tables in the place of the live ones,
    /// equal or not. After an error the live tables are as they were.
    pub async fn rebuild(&self, names: &[&str], on_progress: OnProgress<'_>) -> Result<Report, RebuildError> {
        self.run(Mode::Rebuild, names, on_progress).await
    }

    async fn run(
        &self,
        mode: Mode,
        names: &[&str],
        on_progress: OnProgress<'_>,
    ) -> Result<Report, RebuildError> {
        let started = Instant::now();
        let projections = self.projections.only(names)?;
        let scratch = Scratch::create(&self.store, &projections).await?;
        let replayed = self.replay(mode, &projections, &scratch, on_progress).await;
        if replayed.is_err() {
            scratch.discard(&self.store).await;
        }
        let mut report = replayed?;
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    async fn replay(
        &self,
        mode: Mode,
        projections: &Projections,
        scratch: &Scratch,
        on_progress: OnProgress<'_>,
    ) -> Result<Report, RebuildError> {
        let mut replay = Replay::begin(&self.store, &*self.log, projections, scratch, on_progress).await?;
        for _ in 0..ATTEMPTS_MAX {
            replay.catch_up().await?;
            let ahead = replay.look_ahead().await?;
            match replay.finish(mode, &ahead).await {
                Ok(Finish::Done(report)) => return Ok(report),
                Ok(Finish::Behind) => {}
                Err(RebuildError::Store(error)) if error.is_transient() => {
                    tracing::info!(%error, "the end of a replay is tried again");
                }
                Err(error) => return Err(error),
            }
        }
        Err(RebuildError::NeverCaughtUp(ATTEMPTS_MAX))
    }
}
