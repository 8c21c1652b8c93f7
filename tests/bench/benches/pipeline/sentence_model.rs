//! The sentence model that somebody has and names.

use std::sync::Arc;

use inference::Embedder;

/// The model that `ELITE_TESTS_MODEL` names, if candle was built in.
#[cfg(feature = "candle")]
pub(crate) fn model() -> Option<Arc<dyn Embedder>> {
    let loaded = inference::LocalEmbedder::load(&servers::model()?);
    match loaded {
        Ok(model) => Some(Arc::new(model)),
        Err(error) => {
            eprintln!("ELITE_TESTS_MODEL: {error}");
            None
        }
    }
}

#[cfg(not(feature = "candle"))]
pub(crate) fn model() -> Option<Arc<dyn Embedder>> {
    None
}
