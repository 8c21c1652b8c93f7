//! Moving read models to another place in the log: back behind what the log lost, or, in an empty database, to its end at once.
//!
//! ```text
//!   folded      1 ...... 70 71 ... 90     the log lost 71 to 90, and has other events there now
//!   replayed    |=======>|                up to 70, and in all other partitions up to their checkpoints
//! ```
//!
//! Readers see the rows of lost events until the switch, and those of the log after it. Projectors fold on from there.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use read_store::{
    StoreError,
    place::{Place, relocate},
};
use serde::Serialize;
use tokio::time::sleep;

use super::{
    OnProgress, Rebuilder,
    kept::{self, Vector},
    replay::{Ahead, Replay},
    scratch::{Scratch, clear_abandoned},
    settle::checkpoints,
    skipped::{self, Parked},
    swap,
};
use crate::{RebuildError, SUBSCRIPTION};

const ATTEMPTS_MAX: u32 = 60;
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// How long anybody else may be waited for while others wait behind us.
const LOCK_TIME_MAX: &str = "set local lock_timeout = '1s'";

/// What was done.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Relocated {
    /// Events that were folded.
    pub events_replayed: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Rebuilder {
    /// Moves partitions to `places`, and every read model with them, in one transaction. Tables that were kept for going back to
    /// hold lost events, too, and go.
    pub async fn relocate(
        &self,
        places: &[Place],
        on_progress: OnProgress<'_>,
    ) -> Result<Relocated, RebuildError> {
        let started = Instant::now();
        clear_abandoned(&self.store).await?;
        let scratch = Scratch::create(&self.store, &self.projections).await?;
        let replayed = async {
            let mut replay =
                Replay::begin(&self.store, &*self.log, &self.projections, &scratch, on_progress).await?;
            replay.relocate(places).await?;
            Ok::<_, RebuildError>(replay.counts.read().0)
        };
        let replayed = replayed.await;
        if replayed.is_err() {
            scratch.discard(&self.store).await;
        }
        Ok(Relocated { events_replayed: replayed?, seconds: started.elapsed().as_secs_f64() })
    }
}

/// `positions` with `places` in them, and `parked` without what is beyond.
fn limited(
    places: &[Place],
    (mut positions, mut parked): (BTreeMap<u16, u64>, Parked),
) -> (BTreeMap<u16, u64>, Parked) {
    for Place { partition, to, .. } in places {
        positions.insert(*partition, to.position);
        parked.retain(|place, _| place.0 != *partition || place.1 <= to.position);
    }
    (positions, parked)
}

impl Replay<'_> {
    async fn relocate(&mut self, places: &[Place]) -> Result<(), RebuildError> {
        self.replay_within(places).await?;
        self.complete_tables().await?;
        for _ in 0..ATTEMPTS_MAX {
            self.replay_within(places).await?;
            let ahead = self.look_ahead().await?;
            match self.move_there(places, &ahead).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(RebuildError::Store(error)) if error.is_transient() => {
                    tracing::info!(%error, "moving is tried again");
                    if self.scratch.is_gone(self.store).await? {
                        // It had committed, and only the answer was lost.
                        return Ok(());
                    }
                    sleep(RETRY_DELAY).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(RebuildError::NeverSwitched(ATTEMPTS_MAX))
    }

    async fn replay_within(&mut self, places: &[Place]) -> Result<(), RebuildError> {
        let (target, parked) = limited(places, self.live_state().await?);
        self.check_parked(&parked)?;
        self.parked = parked;
        self.replay_to(&target, &target).await
    }

    /// False if other partitions went on further than what was made ready.
    async fn move_there(&self, places: &[Place], ahead: &Ahead) -> Result<bool, RebuildError> {
        let mut client = self.store.client().await?;
        let mut tx = client.transaction().await.map_err(StoreError::from)?;
        tx.batch_execute(LOCK_TIME_MAX).await.map_err(StoreError::from)?;
        let live = (checkpoints(&tx, "for update").await?, skipped::parked(&tx).await?);
        let (positions, parked) = limited(places, live);
        self.check_parked(&parked)?;
        let Some(rest) = self.rest(&positions, &parked, ahead)? else { return Ok(false) };
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, &rest.events).await?;
        let names: Vec<&str> =
            self.projections.projections().iter().map(|projection| projection.name()).collect();
        swap::swap_in(&mut tx, &self.scratch.schema, self.projections, &Vector { positions, parked }).await?;
        kept::forget(&tx, None, &names).await?;
        for one in places {
            relocate(&tx, SUBSCRIPTION, one).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(true)
    }
}
