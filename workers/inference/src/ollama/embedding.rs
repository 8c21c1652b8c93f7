//! Vectors from a model that Ollama serves.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{InferenceError, Ollama};
use crate::embedder::{Embedder, checked};

/// The longest answer that is read. 256 vectors of 4,096 dimensions are less than half of it.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Most texts in one request, so that none of them waits for long.
const TEXTS_MAX: usize = 64;

/// One model of a server, for vectors.
#[derive(Clone, Debug)]
pub struct OllamaEmbedder {
    server: Ollama,
    model: String,
}

#[derive(Serialize)]
struct EmbedRequest<'a> {
    model: &'a str,
    input: &'a [&'a str],
    /// The beginning of what is too long counts.
    truncate: bool,
}

#[derive(Deserialize)]
struct EmbedResponse {
    embeddings: Vec<Vec<f32>>,
}

impl OllamaEmbedder {
    /// Vectors from `model` of `server`.
    pub fn new(server: Ollama, model: String) -> Self {
        Self { server, model }
    }
}

#[async_trait]
impl Embedder for OllamaEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(TEXTS_MAX) {
            let request = EmbedRequest { model: &self.model, input: texts, truncate: true };
            let answer = self.server.post("/api/embed", &request, ANSWER_BYTES_MAX).await?;
            let response: EmbedResponse = serde_json::from_slice(&answer)
                .map_err(|error| InferenceError::Malformed(format!("no vectors: {error}")))?;
            vectors.extend(checked(response.embeddings, texts.len())?);
        }
        checked(vectors, texts.len())
    }
}
