//! Finding the documents that only earlier rules have judged, and putting them on the list of role `validate`.
//!
//! Not done by the fold: which rules there are depends on the release that runs. Rules that come a year later judge every document
//! there is. Where an older release runs beside, it may take such a task and say again what it said before; the document is then
//! found again.

use std::time::Duration;

use read_models::query::{Outdated, outdated_judgements};
use read_store::{Progress, Store, StoreError, todo, todo::Cause};
use tokio_util::sync::CancellationToken;
use validation::RULES_VERSION;

use crate::catalogue::VALIDATE;

/// Tasks on the list from which on no more are added: documents that arrive wait for these at most.
const LISTED_MAX: i64 = 500;
/// How long to wait at least before looking again: whoever folds is not asked after every commit.
const PAUSE: Duration = Duration::from_millis(500);
/// How long to wait for something new.
const WAIT: Duration = Duration::from_secs(30);

/// Keeps the list filled until every document is judged by the rules of this release, and goes on until `stop`. Several processes
/// may do so at once; nothing is listed twice.
pub async fn ask_for_new_scores(store: Store, progress: &Progress, stop: CancellationToken) {
    stop.run_until_cancelled(keep_asking(&store, progress)).await;
}

async fn keep_asking(store: &Store, progress: &Progress) {
    loop {
        let folded = progress.folded();
        if let Err(error) = ask(store).await {
            tracing::warn!(%error, "documents that only earlier rules judged could not be looked for");
        }
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = progress.wait_beyond(store, &folded, WAIT).await {
            tracing::warn!(%error, "it could not be learnt what was folded");
        }
    }
}

async fn ask(store: &Store) -> Result<(), StoreError> {
    let client = store.client().await?;
    let documents = outdated_judgements(&client, VALIDATE.name, RULES_VERSION, LISTED_MAX).await?;
    if documents.is_empty() {
        return Ok(());
    }
    tracing::debug!(documents = documents.len(), rules = RULES_VERSION, "documents are judged anew");
    let causes: Vec<Cause> = documents.into_iter().map(cause).collect();
    todo::add(&client, &causes).await
}

fn cause(document: Outdated) -> Cause {
    Cause {
        role: VALIDATE.name,
        cause_id: document.parsed_event,
        key: format!("{}/{}", document.tenant, document.id),
        tenant: document.tenant,
        partition: document.partition,
        position: document.position,
        enqueued_at: document.recorded_at,
    }
}
