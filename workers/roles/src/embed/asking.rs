//! Finding the documents that have no vectors of a model, and putting them on the list of role `embed`.
//!
//! Not done by the fold: which model is asked is a setting. Another one, set a year later, is asked for every document there
//! is, and without one there is no list that grows for nobody.

use std::time::Duration;

use read_models::{
    index_vectors,
    query::{Unembedded, newest_positions, unembedded},
};
use read_store::{Progress, Store, StoreError, todo, todo::Cause};
use tokio_util::sync::CancellationToken;

use crate::catalogue::EMBED;

/// Documents put on the list at once.
const DOCUMENTS_MAX: i64 = 1_000;
/// How long to wait at least before looking again: whoever folds is not asked after every commit.
const PAUSE: Duration = Duration::from_millis(500);
/// How long to wait for something new.
const WAIT: Duration = Duration::from_secs(30);

/// Keeps the list full for `model` until `stop`. Several processes may do so at once; nothing is listed twice.
pub async fn ask_for_vectors(store: Store, progress: &Progress, model: String, stop: CancellationToken) {
    stop.run_until_cancelled(keep_asking(&store, progress, &model)).await;
}

async fn keep_asking(store: &Store, progress: &Progress, model: &str) {
    let (mut looked_to, mut indexed) = (Vec::new(), false);
    loop {
        let folded = progress.folded();
        match ask(store, model, &looked_to).await {
            Ok(newest) => looked_to = newest,
            Err(error) => tracing::warn!(%error, "documents without vectors could not be looked for"),
        }
        if !indexed {
            indexed = index_vectors(store, model).await.unwrap_or_else(|error| {
                tracing::warn!(%error, model, "the index on vectors could not be made");
                false
            });
        }
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = progress.wait_beyond(store, &folded, WAIT).await {
            tracing::warn!(%error, "it could not be learnt what was folded");
        }
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
        let causes: Vec<Cause> = documents.into_iter().map(cause).collect();
        todo::add(&client, &causes).await?;
    }
}

fn cause(document: Unembedded) -> Cause {
    Cause {
        role: EMBED.name,
        cause_id: document.parsed_event,
        key: format!("{}/{}", document.tenant, document.id),
        tenant: document.tenant,
        partition: document.partition,
        position: document.position,
        enqueued_at: document.recorded_at,
    }
}
