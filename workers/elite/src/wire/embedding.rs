//! What makes vectors: a model in this process, or one that Ollama serves.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use inference::{Embedder, InferenceError, Ollama, OllamaEmbedder, hub_directory};

use super::OLLAMA_DEFAULT;
use crate::{
    config::{Config, EmbedModel},
    request::Failure,
};

/// How long Ollama may take for one batch of texts.
const BATCH_TIME_MAX: Duration = Duration::from_mins(2);

/// The model that the settings name, ready to be asked; none if they name none.
pub(crate) async fn embedder(config: &Config) -> Result<Option<Arc<dyn Embedder>>> {
    let Some(model) = &config.embed_model else { return Ok(None) };
    let loaded = match model {
        EmbedModel::Ollama(name) => {
            let url = config.ollama_base_url.as_deref().unwrap_or(OLLAMA_DEFAULT);
            let server = Ollama::new(url, None, BATCH_TIME_MAX);
            return Ok(Some(Arc::new(OllamaEmbedder::new(server, name.clone()))));
        }
        EmbedModel::Directory(directory) => local(directory).await,
        EmbedModel::Hub { cache, name } => match hub_directory(cache, name) {
            Ok(directory) => local(&directory).await,
            Err(error) => Err(error),
        },
    };
    let unusable = |error| Failure::failed(format!("failed to load the model of ELITE_EMBED_MODEL: {error}"));
    Ok(Some(loaded.map_err(unusable)?))
}

/// The tokenizer of a model that this process runs: passages are then no longer than the model reads. Ollama tells none.
pub(super) fn tokenizer(config: &Config) -> Option<PathBuf> {
    let directory = match config.embed_model.as_ref().filter(|_| cfg!(feature = "candle"))? {
        EmbedModel::Ollama(_) => return None,
        EmbedModel::Directory(directory) => directory.clone(),
        EmbedModel::Hub { cache, name } => hub_directory(cache, name).ok()?,
    };
    Some(directory.join("tokenizer.json")).filter(|path| path.exists())
}

#[cfg(feature = "candle")]
async fn local(directory: &Path) -> Result<Arc<dyn Embedder>, InferenceError> {
    let directory = directory.to_owned();
    let loading = tokio::task::spawn_blocking(move || inference::LocalEmbedder::load(&directory)).await;
    let loaded = loading.map_err(|error| InferenceError::Unusable(error.to_string()))?;
    Ok(Arc::new(loaded?))
}

#[cfg(not(feature = "candle"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn local(directory: &Path) -> Result<Arc<dyn Embedder>, InferenceError> {
    Err(InferenceError::Unusable(format!(
        "{}: this build runs no models itself; build with `--features candle`, or name a model of Ollama's",
        directory.display()
    )))
}
