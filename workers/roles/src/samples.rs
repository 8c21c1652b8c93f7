//! How common words are, drawn now and then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use read_models::query::WordSample;
use read_store::Store;
use worker_runtime::WorkError;

/// A sample is drawn anew after so many passages at least.
const PASSAGES_MIN: f64 = 50.0;

/// Of each tenant a sample of its words, and the passages looked at since it was drawn.
#[derive(Default)]
pub(crate) struct Samples(Mutex<HashMap<String, (Arc<WordSample>, f64)>>);

impl Samples {
    /// The words of a tenant, for looking at so many passages more. Drawn anew when they are half as many as it was drawn from.
    #[expect(clippy::cast_precision_loss, reason = "a handful of passages")]
    pub(crate) async fn of(
        &self,
        store: &Store,
        tenant: &str,
        passages: usize,
    ) -> Result<Arc<WordSample>, WorkError> {
        if let Some(sample) = self.known(tenant, passages as f64) {
            return Ok(sample);
        }
        let client = store.client().await.map_err(WorkError::retry)?;
        let sample = Arc::new(WordSample::draw(&client, tenant).await?);
        drop(client);
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.insert(tenant.to_owned(), (Arc::clone(&sample), 0.0));
        Ok(sample)
    }

    fn known(&self, tenant: &str, passages: f64) -> Option<Arc<WordSample>> {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sample, since) = samples.get_mut(tenant)?;
        *since += passages;
        (*since < PASSAGES_MIN.max(sample.passages() / 2.0)).then(|| Arc::clone(sample))
    }
}
