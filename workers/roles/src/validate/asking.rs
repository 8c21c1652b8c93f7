//! Finding the documents that only earlier rules have judged, and putting them on the list of role `validate`.
//!
//! Not done by the fold: which rules there are depends on the release that runs. Rules that come a year later judge every document
//! there is. Where an older release runs beside, it may take such a task and say again what it said before; the document is then
//! found again.

use read_models::query::outdated_judgements;
use read_store::{Progress, Store, StoreError, todo};
use tokio_util::sync::CancellationToken;
use validation::RULES_VERSION;

use crate::{
    asking::{Round, causes},
    catalogue::VALIDATE,
};

/// Tasks on the list from which on no more are added: documents that arrive wait for these at most.
const LISTED_MAX: i64 = 500;

/// Keeps the list filled until every document is judged by the rules of this release, and goes on until `stop`. Several processes
/// may do so at once; nothing is listed twice.
pub async fn ask_for_new_scores(store: Store, progress: &Progress, stop: CancellationToken) {
    stop.run_until_cancelled(keep_asking(&store, progress)).await;
}

async fn keep_asking(store: &Store, progress: &Progress) {
    loop {
        let round = Round::begin(progress);
        let looked = ask(store).await;
        round.end(store, "documents that only earlier rules judged", looked).await;
    }
}

async fn ask(store: &Store) -> Result<(), StoreError> {
    let client = store.client().await?;
    let documents = outdated_judgements(&client, VALIDATE.name, RULES_VERSION, LISTED_MAX).await?;
    if documents.is_empty() {
        return Ok(());
    }
    tracing::debug!(documents = documents.len(), rules = RULES_VERSION, "documents are judged anew");
    todo::add(&client, &causes(&VALIDATE, documents)).await
}
