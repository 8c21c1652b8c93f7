//! Role `build`: turns a request for a dataset into rows and a manifest that names where each came from.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::Clock;
use event_model::{Event, Fact, SubjectKey};
use read_store::Store;
use worker_runtime::{Act, Limits, WorkError};

use crate::{catalogue::BUILD, outcome};

/// Builds datasets.
pub struct Build {
    store: Store,
    blobs: BlobStore,
    clock: Arc<dyn Clock>,
}

impl Build {
    /// A builder over the read models in `store`.
    pub fn new(store: Store, blobs: BlobStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, blobs, clock }
    }
}

#[async_trait]
impl Act for Build {
    fn role(&self) -> &'static str {
        BUILD.name
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: 1, attempts_max: 5, time: Duration::from_mins(10) }
    }

    async fn act(&self, cause: &Event, _: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let Fact::DatasetRequested(request) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&BUILD, cause));
        };
        let built = datasets::build(&self.store, &self.blobs, &cause.tenant, &request)
            .await
            .map_err(WorkError::retry)?;
        Ok(vec![outcome::result(&BUILD, cause, &*self.clock, built)?])
    }
}
