//! The last transaction of a replay: nobody folds while it brings the scratch tables to exactly the live checkpoints.

use std::collections::BTreeMap;

use read_store::{StoreError, Transaction};

use super::{
    Mode, Report, compare,
    replay::{Ahead, Replay},
    skipped::{self, Parked},
};
use crate::{Projected, RebuildError, SUBSCRIPTION};

/// How the last transaction went.
pub(super) enum Finish {
    /// The replayed tables were compared and dropped or swapped in.
    Done(Report),
    /// The projector is further than what was made ready; nothing was done.
    Behind,
}

/// What is left to fold, and what of it is left out.
struct Rest {
    events: Vec<Projected>,
    skipped: u64,
}

impl Replay<'_> {
    /// Locks the checkpoints in partition order, folds the rest, compares, and drops or swaps in the scratch tables.
    pub(super) async fn finish(
        &self,
        mode: Mode,
        ahead: &BTreeMap<u16, Vec<Ahead>>,
    ) -> Result<Finish, RebuildError> {
        let mut client = self.store.client().await?;
        let mut tx = client.transaction().await.map_err(StoreError::from)?;
        let checkpoints = lock_checkpoints(&tx).await?;
        let parked = skipped::parked(&tx).await?;
        self.check_parked(&parked)?;
        let Some(rest) = self.rest(&checkpoints, &parked, ahead)? else { return Ok(Finish::Behind) };
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, &rest.events).await?;
        let mut projections = Vec::new();
        for projection in self.projections.projections() {
            projections.push(compare::projection(&tx, &self.scratch.schema, *projection).await?);
        }
        match mode {
            Mode::Verify => self.scratch.drop(&tx).await?,
            Mode::Rebuild => self.scratch.swap_in(&mut tx, self.projections).await?,
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Finish::Done(Report {
            mode,
            projections,
            events_replayed: self.events_replayed + rest.events.len() as u64,
            events_skipped: self.events_skipped + rest.skipped,
            blocked_keys: skipped::keys(&parked),
            seconds: 0.0,
        }))
    }

    /// What the live tables hold beyond the scratch tables; `None` if that is more than was made ready.
    fn rest(
        &self,
        checkpoints: &BTreeMap<u16, u64>,
        parked: &Parked,
        ahead: &BTreeMap<u16, Vec<Ahead>>,
    ) -> Result<Option<Rest>, RebuildError> {
        let mut rest = Rest { events: Vec::new(), skipped: 0 };
        for (partition, checkpoint) in checkpoints {
            let Some(replayed) = self.partitions.get(partition) else { return Ok(None) };
            let ready = ahead.get(partition).map(Vec::as_slice).unwrap_or_default();
            let last = ready.last().map_or(replayed.position, |event| event.position);
            if last < *checkpoint {
                return Ok(None);
            }
            for event in ready.iter().take_while(|event| event.position <= *checkpoint) {
                match &event.event {
                    Some(prepared) if !parked.contains_key(&(*partition, event.position)) => {
                        rest.events.push(prepared.clone()?);
                    }
                    _ => rest.skipped += 1,
                }
            }
        }
        Ok(Some(rest))
    }
}

async fn lock_checkpoints(tx: &Transaction<'_>) -> Result<BTreeMap<u16, u64>, StoreError> {
    let rows = tx
        .query(
            "select partition, position from elite.subscription_partition
             where subscription = $1 order by partition for update",
            &[&SUBSCRIPTION],
        )
        .await?;
    let checkpoint = |row: &read_store::Row| {
        (u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(), row.get::<_, i64>(1).unsigned_abs())
    };
    Ok(rows.iter().map(checkpoint).collect())
}
