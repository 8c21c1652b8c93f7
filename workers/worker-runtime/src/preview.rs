//! Looking at what a redrive would change: the parked events of a key are folded in a transaction that is rolled back.

use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_store::{
    Store, StoreError,
    dead_letter::DeadLetter,
    row_diff::{self, RowChange},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{Fold, WorkError};

/// What a redrive would do.
#[derive(Clone, Debug, Serialize)]
pub struct RedrivePreview {
    /// The events it would fold, in order.
    pub events: Vec<Uuid>,
    /// The rows it would change, by table and key; none if it would fail.
    pub changes: Vec<RowChange>,
    /// Why it would fail and the events would stay parked; none if it would go well.
    pub would_fail: Option<String>,
}

/// Folds `letters`, all that is parked of one key and in order, and takes it back. Nothing is changed; writers of the same
/// tables wait meanwhile.
pub async fn preview_redrive<F: Fold>(
    log: &dyn EventLog,
    store: &Store,
    fold: &F,
    letters: &[DeadLetter],
) -> Result<RedrivePreview, WorkError> {
    let mut records = Vec::with_capacity(letters.len());
    for letter in letters {
        let found = log.read(PartitionId(letter.partition), Position(letter.position), 1).await?;
        let same = found
            .into_iter()
            .next()
            .filter(|record| record.envelope().is_ok_and(|event| event.id == letter.event_id));
        let gone =
            || WorkError::halt(format!("the log no longer holds event {} at its place", letter.event_id));
        records.push(same.ok_or_else(gone)?);
    }
    let events = letters.iter().map(|letter| letter.event_id).collect();
    let prepared = fold.prepare(&records).await.into_iter().collect::<Result<Vec<_>, _>>();
    let tried = match prepared {
        Ok(prepared) => rolled_back(store, fold, &prepared).await,
        Err(error) => Err(error),
    };
    Ok(match tried {
        Ok(changes) => RedrivePreview { events, changes, would_fail: None },
        Err(error) => RedrivePreview { events, changes: Vec::new(), would_fail: Some(error.reason) },
    })
}

async fn rolled_back<F: Fold>(
    store: &Store,
    fold: &F,
    prepared: &[F::Prepared],
) -> Result<Vec<RowChange>, WorkError> {
    let mut client = store.client().await.map_err(WorkError::retry)?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    row_diff::watch(&tx).await?;
    fold.apply(&tx, prepared).await?;
    let changes = row_diff::changes(&tx).await?;
    tx.rollback().await.map_err(StoreError::from)?;
    Ok(changes)
}
