//! Role `validate`: judges a parsed document by the rules of its kind of text, and again whenever the rules become others.
//!
//! A judgement's id is derived from the version of the rules, too: the same rules say it once, whoever asks again, and other rules
//! say something new of an old cause. The folds keep both, and let the newest hold.

mod asking;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::Clock;
use event_model::{Event, Fact, ParsedDocument, SubjectKey, result_event_id};
use read_store::Store;
use validation::{RULES_VERSION, validate_document};
use worker_runtime::{Act, Limits, WorkError};

pub use self::asking::ask_for_new_scores;
use crate::{catalogue::VALIDATE, outcome, reading::opened_blob, supersede::superseded};

/// Judges documents.
pub struct Validate {
    store: Store,
    blobs: BlobStore,
    clock: Arc<dyn Clock>,
}

impl Validate {
    /// A judge of the documents in `blobs`, whose versions are in `store`.
    pub fn new(store: Store, blobs: BlobStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, blobs, clock }
    }
}

#[async_trait]
impl Act for Validate {
    fn role(&self) -> &'static str {
        VALIDATE.name
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: 4, attempts_max: 5, time: Duration::from_mins(1) }
    }

    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let Fact::DocumentParsed(parsed) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&VALIDATE, cause));
        };
        let bytes = opened_blob(&self.blobs, &parsed.parsed, key).await?;
        let judged = tokio::task::spawn_blocking(move || {
            let document: ParsedDocument = serde_json::from_slice(&bytes).map_err(WorkError::dead_letter)?;
            Ok::<_, WorkError>(validate_document(&document))
        });
        let assessment = judged.await.map_err(WorkError::dead_letter)??;
        let id =
            result_event_id(&format!("{}/{RULES_VERSION}", VALIDATE.name), VALIDATE.version, cause.id, 0);
        let data = assessment.into_validated(parsed.parsed);
        Ok(vec![outcome::result_with_id(id, &VALIDATE, cause, &*self.clock, data)?])
    }

    /// Whatever its text is worth, a parsed version takes the place of the older ones.
    async fn follows(&self, cause: &Event, _: &[Event]) -> Result<Vec<Event>, WorkError> {
        superseded(&self.store, &VALIDATE, cause, true, &*self.clock).await
    }
}
