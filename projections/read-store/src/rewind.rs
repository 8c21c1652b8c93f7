//! Setting a partition back to an earlier checkpoint, because the log lost what was folded after it. Only the protocol's own
//! rows: read models are replaced in the same transaction by whoever replayed them up to the same checkpoint.

use deadpool_postgres::Transaction;

use crate::{
    StoreError,
    checkpoint::Checkpoint,
    todo::{self, Cause, Change},
};

/// A partition and what it is set back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewind {
    /// The partition.
    pub partition: u16,
    /// The last event that the log still holds.
    pub to: Checkpoint,
    /// The work that events up to there ask for and none of them answers.
    pub open: Vec<Cause>,
}

/// Sets a partition of `subscription` back. Its owner, if there is one, finds at its next commit that it is no longer; whoever
/// claims it folds on from there.
pub async fn rewind(tx: &Transaction<'_>, subscription: &str, rewind: &Rewind) -> Result<(), StoreError> {
    let partition = i32::from(rewind.partition);
    let position = i64::try_from(rewind.to.position).unwrap_or(i64::MAX);
    let digest = rewind.to.digest.map(|digest| digest.0.to_vec());
    tx.execute(
        "update elite.subscription_partition
         set position = $3, event_id = $4, digest = $5, halted = null,
             owner = null, epoch = epoch + 1, lease_until = '-infinity'
         where subscription = $1 and partition = $2",
        &[&subscription, &partition, &position, &rewind.to.event_id, &digest],
    )
    .await?;
    for table in ["todo", "dead_letter", "recent_event"] {
        let sql = format!("delete from elite.{table} where partition = $1 and position > $2");
        tx.execute(&sql, &[&partition, &position]).await?;
    }
    // What lost results had answered is asked for again.
    let open: Vec<Change> = rewind.open.iter().cloned().map(Change::Add).collect();
    todo::apply(tx, &open).await?;
    tx.execute(
        "delete from elite.todo t using elite.dead_letter parked
         where t.partition = $1 and parked.subscription = t.role and parked.event_id = t.cause_id",
        &[&partition],
    )
    .await?;
    Ok(())
}
