//! Moving a partition to another checkpoint: back, because the log lost what was folded after it, or far ahead, because everything
//! was folded at once. Only the protocol's own rows: read models are replaced in the same transaction by whoever replayed them up
//! to the same checkpoint.

use deadpool_postgres::Transaction;

use crate::{
    StoreError,
    checkpoint::Checkpoint,
    todo::{self, Cause, Change},
};

/// Where a partition is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The partition.
    pub partition: u16,
    /// The last event that the replaced read models know of.
    pub to: Checkpoint,
    /// The work that events up to there ask for and none of them answers.
    pub open: Vec<Cause>,
}

/// Moves a partition of `subscription`. Its owner, if there is one, finds at its next commit that it is no longer; whoever
/// claims it folds on from there.
pub async fn relocate(tx: &Transaction<'_>, subscription: &str, place: &Place) -> Result<(), StoreError> {
    let partition = i32::from(place.partition);
    let position = i64::try_from(place.to.position).unwrap_or(i64::MAX);
    let digest = place.to.digest.map(|digest| digest.0.to_vec());
    tx.execute(
        "update elite.subscription_partition
         set position = $3, event_id = $4, digest = $5, halted = null,
             owner = null, epoch = epoch + 1, lease_until = '-infinity'
         where subscription = $1 and partition = $2",
        &[&subscription, &partition, &position, &place.to.event_id, &digest],
    )
    .await?;
    for table in ["todo", "dead_letter", "recent_event"] {
        let sql = format!("delete from elite.{table} where partition = $1 and position > $2");
        tx.execute(&sql, &[&partition, &position]).await?;
    }
    // What lost results had answered is asked for again.
    let open: Vec<Change> = place.open.iter().cloned().map(Change::Add).collect();
    todo::apply(tx, &open).await?;
    tx.execute(
        "delete from elite.todo t using elite.dead_letter parked
         where t.partition = $1 and parked.subscription = t.role and parked.event_id = t.cause_id",
        &[&partition],
    )
    .await?;
    Ok(())
}
