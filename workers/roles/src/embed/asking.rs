//! Finding the documents that have no vectors of a model, and putting them on the list of role `embed`.
//!
//! Not done by the fold: which model is asked is a setting. Another one, set a year later, is asked for every document there
//! is, and without one there is no list that grows for nobody.

use read_models::{
    index_vectors,
    query::{newest_positions, unembedded},
};
use read_store::{Progress, Store, StoreError, todo};
use tokio_util::sync::CancellationToken;

use crate::{
    asking::{Round, causes},
    catalogue::EMBED,
};

/// Documents put on the list at once.
const DOCUMENTS_MAX: i64 = 1_000;

/// Keeps the list full for `model` until `stop`. Several processes may do so at once; nothing is listed twice.
pub async fn ask_for_vectors(store: Store, progress: &Progress, model: String, stop: CancellationToken) {
    stop.run_until_cancelled(keep_asking(&store, progress, &model)).await;
}

async fn keep_asking(store: &Store, progress: &Progress, model: &str) {
    let (mut looked_to, mut indexed) = (Vec::new(), false);
    loop {
        let round = Round::begin(progress);
        let looked = ask(store, model, &looked_to).await.map(|newest| looked_to = newest);
        if !indexed {
            indexed = index_vectors(store, model).await.unwrap_or_else(|error| {
                tracing::warn!(%error, model, "the index on vectors could not be made");
                false
            });
        }
        round.end(store, "documents without vectors", looked).await;
    }
}

/// Lists what changed since `looked_to` and lacks vectors; tells up to where it looked. Positions are read first: what is folded
/// meanwhile is looked at now and again.
async fn ask(store: &Store, model: &str, looked_to: &[(i32, i64)]) -> Result<Vec<(i32, i64)>, StoreError> {
    let client = store.client().await?;
    let newest = newest_positions(&client).await?;
    loop {
        let documents = unembedded(&client, EMBED.name, model, looked_to, DOCUMENTS_MAX).await?;
        if documents.is_empty() {
            return Ok(newest);
        }
        todo::add(&client, &causes(&EMBED, documents)).await?;
    }
}
