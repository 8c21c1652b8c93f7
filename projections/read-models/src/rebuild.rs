//! Replaying the log beside the live tables: to prove that they are what the log says, to replace them, or to go back.
//!
//! ```text
//!   log         1 ......................... snapshot ...... checkpoint .... tail
//!   replayed    |== short transactions ==>|=>|==>|==>|=====>|
//!                                            ^              ^ one transaction: lock the checkpoints, fold the rest,
//!                                            |                compare what changed since the snapshot, switch
//!                                            one transaction: bring the replayed tables to exactly the checkpoints that
//!                                            its snapshot sees, and compare all rows; nobody waits for it
//! ```
//!
//! Readers and the projector go on until that last transaction, which is short. The replay never goes beyond the live
//! checkpoints, and never holds a connection while it reads the log.

mod as_of;
mod batch;
mod compare;
mod indexes;
mod kept;
mod relocate;
mod replay;
mod report;
mod rollback;
mod scratch;
mod settle;
mod skipped;
mod swap;
mod switch;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use event_log::EventLog;
use read_store::Store;
use tokio::time::sleep;

use crate::{Projections, RebuildError, prepare_search};
pub use as_of::{AsOf, History};
pub use kept::{Kept, Kind, drop_as_of, drop_kept_about, forget_retired, kept};
pub use relocate::Relocated;
use replay::Replay;
pub use report::{Difference, Mode, OnDifference, Progress, ProjectionReport, Report, TableReport};
use scratch::Scratch;
pub(crate) use scratch::sweep;
pub use scratch::{abandoned, clear_abandoned};
use settle::Settled;
use switch::Switched;

/// Attempts to catch up with a projector that keeps going.
const ATTEMPTS_MAX: u32 = 20;
/// Attempts to switch, and what lies between them: long against the moment for which an attempt may hold readers up.
const SWITCHES_MAX: u32 = 60;
const SWITCH_DELAY: Duration = Duration::from_millis(500);

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
        self.replayed(Mode::Verify, names, OnDifference::Stop, on_progress).await
    }

    /// Replays the named projections (all, if none is named) and puts the replayed tables in the place of the live ones, which
    /// are kept; or not, if rows differ and `on_difference` says so. After an error the live tables are as they were.
    pub async fn rebuild(
        &self,
        names: &[&str],
        on_difference: OnDifference,
        on_progress: OnProgress<'_>,
    ) -> Result<Report, RebuildError> {
        self.replayed(Mode::Rebuild, names, on_difference, on_progress).await
    }

    /// Brings the tables that the named projections (all, if none is named) had before up to date and switches back to them,
    /// as [`Self::rebuild`] does; a report for each set of tables that was retired together.
    pub async fn rollback(
        &self,
        names: &[&str],
        on_difference: OnDifference,
        on_progress: OnProgress<'_>,
    ) -> Result<Vec<Report>, RebuildError> {
        let mut reports = Vec::new();
        for retired in rollback::retired(&self.store, &self.projections, names).await? {
            let started = Instant::now();
            let scratch = Scratch::adopt(&self.store, &retired.schema).await?;
            let replay =
                Replay::resume(&self.store, &*self.log, &retired.projections, &scratch, on_progress).await?;
            reports.push(self.finish(Mode::Rollback, on_difference, replay, started).await?);
        }
        Ok(reports)
    }

    /// Replays the named projections (all, if none is named) up to a place in history, and keeps them in a schema of their own.
    pub async fn as_of(
        &self,
        names: &[&str],
        as_of: &AsOf,
        on_progress: OnProgress<'_>,
    ) -> Result<History, RebuildError> {
        let started = Instant::now();
        let projections = self.projections.only(names)?;
        clear_abandoned(&self.store).await?;
        let scratch = Scratch::create(&self.store, &projections).await?;
        let made = self.made_as_of(&projections, as_of, &scratch, on_progress).await;
        if made.is_err() {
            scratch.discard(&self.store).await;
        }
        Ok(History { seconds: started.elapsed().as_secs_f64(), ..made? })
    }

    async fn made_as_of(
        &self,
        projections: &Projections,
        as_of: &AsOf,
        scratch: &Scratch,
        on_progress: OnProgress<'_>,
    ) -> Result<History, RebuildError> {
        let erasures = as_of::erasures(&self.store).await?;
        let mut replay = Replay::begin(&self.store, &*self.log, projections, scratch, on_progress).await?;
        let (live, parked) = replay.live_state().await?;
        replay.parked = parked;
        let positions = as_of.vector(&*self.log, &live).await?;
        replay.replay_to(&positions, &live).await?;
        replay.complete_tables().await?;
        let schema = replay.keep(as_of, positions.clone(), erasures).await?;
        let (events_replayed, events_skipped) = replay.counts.read();
        let projections = projections.projections().iter().map(|projection| projection.name()).collect();
        Ok(History { schema, projections, positions, events_replayed, events_skipped, seconds: 0.0 })
    }

    async fn replayed(
        &self,
        mode: Mode,
        names: &[&str],
        on_difference: OnDifference,
        on_progress: OnProgress<'_>,
    ) -> Result<Report, RebuildError> {
        let started = Instant::now();
        let projections = self.projections.only(names)?;
        clear_abandoned(&self.store).await?;
        let scratch = Scratch::create(&self.store, &projections).await?;
        let report = async {
            let replay = Replay::begin(&self.store, &*self.log, &projections, &scratch, on_progress).await?;
            self.finish(mode, on_difference, replay, started).await
        };
        let report = report.await;
        if !report.as_ref().is_ok_and(|report| report.promoted) {
            scratch.discard(&self.store).await;
        }
        report
    }

    /// Fills, compares, and switches if that is wanted and allowed.
    async fn finish(
        &self,
        mode: Mode,
        on_difference: OnDifference,
        mut replay: Replay<'_>,
        started: Instant,
    ) -> Result<Report, RebuildError> {
        replay.catch_up().await?;
        let (folded, skipped) = replay.counts.read();
        if mode != Mode::Verify {
            replay.complete_tables().await?;
        }
        let filled = started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let events_per_second = (folded + skipped) as f64 / filled.max(f64::EPSILON);
        let mut settled = compared(&mut replay).await?;
        let wanted = mode != Mode::Verify && (settled.is_equal() || on_difference == OnDifference::Promote);
        let (promoted, retired, folding_paused_ms) = if wanted {
            match switched(&mut replay, &mut settled).await? {
                Switched::Done { retired, paused_ms } => {
                    if let Err(error) = prepare_search(&self.store).await {
                        tracing::warn!(%error, "indexes for searching are made at the next start");
                    }
                    if let Some(retired) = &retired {
                        let names: Vec<&str> =
                            settled.projections.iter().map(|projection| projection.name).collect();
                        kept::forget_before(&self.store, retired, &names).await;
                    }
                    (true, retired, paused_ms)
                }
                Switched::Different | Switched::Behind => (false, None, 0.0),
            }
        } else {
            (false, None, 0.0)
        };
        let (events_replayed, events_skipped) = replay.counts.read();
        Ok(Report {
            mode,
            promoted,
            projections: settled.projections,
            events_replayed,
            events_skipped,
            blocked_keys: settled.blocked_keys,
            retired,
            folding_paused_ms,
            events_per_second,
            seconds: started.elapsed().as_secs_f64(),
        })
    }
}

/// Compares at the vector of a snapshot, as soon as one can be reached.
async fn compared(replay: &mut Replay<'_>) -> Result<Settled, RebuildError> {
    for _ in 0..ATTEMPTS_MAX {
        replay.catch_up().await?;
        let ahead = replay.look_ahead().await?;
        match replay.settle(ahead).await {
            Ok(Some(settled)) => return Ok(settled),
            Ok(None) => {}
            Err(RebuildError::Store(error)) if error.is_transient() => {
                tracing::info!(%error, "the comparison of a replay is tried again");
            }
            Err(error) => return Err(error),
        }
    }
    Err(RebuildError::NeverCaughtUp(ATTEMPTS_MAX))
}

/// Switches, as soon as nobody holds what has to be locked.
async fn switched(replay: &mut Replay<'_>, settled: &mut Settled) -> Result<Switched, RebuildError> {
    for _ in 0..SWITCHES_MAX {
        replay.catch_up().await?;
        let ahead = replay.look_ahead().await?;
        match replay.switch(&ahead, settled).await {
            Ok(Switched::Behind) => continue,
            Err(RebuildError::Store(error)) if error.is_transient() => {
                tracing::info!(%error, "switching is tried again");
                if replay.scratch.is_gone(replay.store).await? {
                    // It had committed, and only the answer was lost.
                    return Ok(Switched::Done { retired: None, paused_ms: 0.0 });
                }
            }
            other => return other,
        }
        sleep(SWITCH_DELAY).await;
    }
    Err(RebuildError::NeverSwitched(SWITCHES_MAX))
}
