//! All read models as a projector folds them, without the to-do lists.

use async_trait::async_trait;
use event_log::Recorded;
use read_models::{Projected, Projections};
use read_store::Transaction;
use worker_runtime::{Fold, WorkError};

pub(crate) struct ModelsFold(pub(crate) Projections);

#[async_trait]
impl Fold for ModelsFold {
    type Prepared = Projected;

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Projected, WorkError>> {
        self.0.prepare(events).await.into_iter().map(|event| event.map_err(WorkError::dead_letter)).collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, events: &[Projected]) -> Result<(), WorkError> {
        self.0.apply(tx, events).await?;
        Ok(())
    }

    fn committed(&self, _: &[Projected]) {}
}
