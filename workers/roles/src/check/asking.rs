//! Finding the texts that lack a check, and putting them on the list of role `check`.
//!
//! Not done by the fold: which sources are trusted is a setting. Where another is trusted, where there is half as much evidence again,
//! or where what a check rests on is not in use any more, the text is checked again.

use std::{sync::Arc, time::Duration};

use event_log::Clock;
use inference::Judge;
use read_models::query::{Trust, Wanted, trusted_documents, unchecked};
use read_store::{Progress, Store, StoreError, todo};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::CHECKER_VERSION;
use crate::{
    asking::{Round, causes},
    catalogue::CHECK,
};

/// Texts put on the list at once.
const TEXTS_MAX: i64 = 1_000;
/// How long a check waits for the vectors of a document that came in.
const VECTORS_WAIT: Duration = Duration::from_mins(1);

/// What texts are checked against, and by whom.
#[derive(Clone)]
pub struct CheckScope {
    pub(super) trust: Arc<Trust>,
    pub(super) judge: Option<Judge>,
    /// Documents of trusted and known sources, once they are counted.
    evidence: Arc<watch::Sender<Option<u64>>>,
    /// The model whose vectors a document's passages get, if one is set.
    vectors: Option<String>,
}

impl CheckScope {
    /// Against what `trust` names, asking `judge` too; passages get vectors of the model `vectors`.
    pub fn new(trust: Trust, judge: Option<Judge>, vectors: Option<String>) -> Self {
        Self { trust: Arc::new(trust), judge, evidence: Arc::new(watch::Sender::new(None)), vectors }
    }

    /// How much evidence there was when it was last counted.
    pub(super) async fn evidence_documents(&self) -> u64 {
        let mut counted = self.evidence.subscribe();
        counted.wait_for(Option::is_some).await.ok().and_then(|count| *count).unwrap_or_default()
    }

    /// Lists what lacks a check.
    async fn ask(&self, store: &Store, clock: &dyn Clock) -> Result<(), StoreError> {
        let client = store.client().await?;
        let (trusted, known) = trusted_documents(&client, &self.trust).await?;
        self.evidence.send_replace(Some(trusted + known));
        let waited_for = clock.now().checked_sub(VECTORS_WAIT).unwrap_or_default();
        let wanted = Wanted {
            role: CHECK.name,
            checker_version: i32::try_from(CHECKER_VERSION).unwrap_or(i32::MAX),
            trust: &self.trust,
            model: self.judge.as_ref().map(Judge::model),
            evidence_documents: i64::try_from(trusted + known).unwrap_or(i64::MAX),
            vectors: self.vectors.as_deref().map(|model| (model, waited_for)),
        };
        loop {
            let texts = unchecked(&client, &wanted, TEXTS_MAX).await?;
            if texts.is_empty() {
                return Ok(());
            }
            todo::add(&client, &causes(&CHECK, texts)).await?;
        }
    }
}

/// Keeps the list full until `stop`. Several processes may do so at once; nothing is listed twice.
pub async fn ask_for_checks(
    scope: CheckScope,
    store: Store,
    progress: &Progress,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let asking = async {
        loop {
            let round = Round::begin(progress);
            let looked = scope.ask(&store, &*clock).await;
            round.end(&store, "texts that lack a check", looked).await;
        }
    };
    stop.run_until_cancelled(asking).await;
}
