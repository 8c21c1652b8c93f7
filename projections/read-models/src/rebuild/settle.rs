//! Comparing without holding anybody up: what a snapshot sees of the live tables is at exactly the vector of checkpoints that
//! it sees, because rows and checkpoints are written in one commit. In one such transaction the replayed tables are brought
//! to that vector, and compared.

use std::collections::BTreeMap;

use read_store::{IsolationLevel, StoreError, Transaction};

use super::{
    ProjectionReport, compare,
    replay::{Ahead, Replay},
    skipped::{self, Parked},
};
use crate::{Projected, RebuildError, SUBSCRIPTION};

/// What a snapshot showed.
pub(super) struct Settled {
    pub(super) projections: Vec<ProjectionReport>,
    pub(super) blocked_keys: Vec<String>,
    /// The oldest transaction that ran then.
    pub(super) since: String,
}

/// What is left to fold up to a vector.
pub(super) struct Rest {
    pub(super) events: Vec<Projected>,
    skipped: u64,
}

impl Settled {
    pub(super) fn is_equal(&self) -> bool {
        self.projections.iter().all(|projection| projection.equal)
    }
}

impl Replay<'_> {
    /// Brings the replayed tables to the vector of a snapshot and compares there; `None` if the projector is further than
    /// what was made ready.
    pub(super) async fn settle(&mut self, ahead: Ahead) -> Result<Option<Settled>, RebuildError> {
        let mut client = self.store.client().await?;
        let builder = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        let tx = builder.start().await.map_err(StoreError::from)?;
        let checkpoints = checkpoints(&tx, "").await?;
        let parked = skipped::parked(&tx).await?;
        self.check_parked(&parked)?;
        let Some(rest) = self.rest(&checkpoints, &parked, &ahead)? else { return Ok(None) };
        let since = "select pg_snapshot_xmin(pg_current_snapshot())::xid::text";
        let since: String = tx.query_one(since, &[]).await.map_err(StoreError::from)?.get(0);
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, &rest.events).await?;
        self.note_positions(&tx, &checkpoints).await?;
        let mut projections = Vec::new();
        for projection in self.projections.projections() {
            projections.push(compare::projection(&tx, &self.scratch.schema, *projection).await?);
        }
        tx.commit().await.map_err(StoreError::from)?;
        drop(client);
        self.advance(&checkpoints, &rest, ahead);
        let blocked_keys = skipped::keys(&parked);
        self.parked = parked;
        Ok(Some(Settled { projections, blocked_keys, since }))
    }

    /// What the live tables hold beyond the replayed ones; `None` if that is more than was made ready.
    pub(super) fn rest(
        &self,
        checkpoints: &BTreeMap<u16, u64>,
        parked: &Parked,
        ahead: &Ahead,
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

    /// Remembers that the rest is folded.
    fn advance(&mut self, checkpoints: &BTreeMap<u16, u64>, rest: &Rest, ahead: Ahead) {
        let window = self.log.creation().repeats.0;
        for (partition, events) in ahead {
            let Some(checkpoint) = checkpoints.get(&partition) else { continue };
            let replayed = self.partitions.entry(partition).or_default();
            for event in events.into_iter().take_while(|event| event.position <= *checkpoint) {
                if !replayed.recent.repeats(event.id, event.position, window) {
                    replayed.recent.remember(event.id, event.position, window);
                }
                replayed.position = event.position;
            }
        }
        self.counts.add(rest.events.len() as u64, rest.skipped);
    }
}

impl Rest {
    pub(super) fn len(&self) -> (u64, u64) {
        (self.events.len() as u64, self.skipped)
    }
}

/// The checkpoints as `tx` sees them, in the order of partitions; `how` may be `for update`.
pub(super) async fn checkpoints(tx: &Transaction<'_>, how: &str) -> Result<BTreeMap<u16, u64>, StoreError> {
    let sql = format!(
        "select partition, position from elite.subscription_partition
         where subscription = $1 order by partition {how}"
    );
    let rows = tx.query(&sql, &[&SUBSCRIPTION]).await?;
    let checkpoint = |row: &read_store::Row| {
        (u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(), row.get::<_, i64>(1).unsigned_abs())
    };
    Ok(rows.iter().map(checkpoint).collect())
}
