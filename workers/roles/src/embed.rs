//! Role `embed`: a vector for each passage of a parsed document, from the model that is set.
//!
//! A text that was embedded before costs nothing: its vector is found by hash, whatever document it stood in. So a document
//! that comes back with one paragraph changed asks the model for that paragraph alone. What is about a data subject is kept
//! apart from that: its vectors are nobody else's.

mod asking;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::Clock;
use event_model::{
    BlobRef, Chunk, Event, Fact, ParsedDocument, SubjectKey, family::knowledge::KnowledgeEmbedded,
    result_event_id, vector_bytes,
};
use inference::Embedder;
use read_models::query::known_vectors;
use read_store::Store;
use worker_runtime::{Act, Limits, WorkError};

pub use self::asking::ask_for_vectors;
use crate::{catalogue::EMBED, outcome, reading::opened_blob};

/// Texts the model is given at once; between two such calls other work gets its turn.
const TEXTS_MAX: usize = 64;

/// Makes vectors.
pub struct Embed {
    store: Store,
    blobs: BlobStore,
    embedder: Arc<dyn Embedder>,
    clock: Arc<dyn Clock>,
}

/// The vectors of a document, and how many the model was asked for.
struct Vectors {
    vectors: Vec<Vec<f32>>,
    computed: usize,
}

impl Embed {
    /// Vectors by `embedder` for the documents in `blobs`; `store` knows those that were made before.
    pub fn new(store: Store, blobs: BlobStore, embedder: Arc<dyn Embedder>, clock: Arc<dyn Clock>) -> Self {
        Self { store, blobs, embedder, clock }
    }

    async fn vectors(&self, cause: &Event, document: &ParsedDocument) -> Result<Vectors, WorkError> {
        let hashes: Vec<String> = document.chunks.iter().map(Chunk::embedded_hash).collect();
        let mut known = HashMap::new();
        if cause.datasubject.is_none() {
            let client = self.store.client().await?;
            known = known_vectors(&client, &cause.tenant.0, self.embedder.model(), &hashes).await?;
        }
        let mut missing: HashMap<&str, String> = HashMap::new();
        for (chunk, hash) in document.chunks.iter().zip(&hashes) {
            if !known.contains_key(hash) {
                missing.entry(hash).or_insert_with(|| chunk.embedded_text());
            }
        }
        let (missing_hashes, texts): (Vec<&str>, Vec<String>) = missing.into_iter().unzip();
        let computed = texts.len();
        for (hashes, texts) in missing_hashes.chunks(TEXTS_MAX).zip(texts.chunks(TEXTS_MAX)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let vectors = self.embedder.embed(&texts).await.map_err(|error| {
                if error.is_transient() { WorkError::retry(error) } else { WorkError::dead_letter(error) }
            })?;
            known.extend(hashes.iter().map(|hash| (*hash).to_owned()).zip(vectors));
        }
        let vectors = hashes.iter().filter_map(|hash| known.get(hash).cloned()).collect();
        Ok(Vectors { vectors, computed })
    }

    async fn store(&self, vectors: &[Vec<f32>], key: Option<&SubjectKey>) -> Result<BlobRef, WorkError> {
        let bytes = vector_bytes(vectors);
        let stored = match key {
            Some(key) => self.blobs.put_sealed(key, &bytes).await,
            None => self.blobs.put(bytes.into()).await,
        };
        stored.map_err(WorkError::retry)
    }
}

#[async_trait]
impl Act for Embed {
    fn role(&self) -> &'static str {
        EMBED.name
    }

    /// A model server may be away for a day: what it has to do waits, and is tried every five minutes at least.
    fn limits(&self) -> Limits {
        Limits { concurrency: 2, attempts_max: 1_000, time: Duration::from_hours(1) }
    }

    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let Fact::DocumentParsed(parsed) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&EMBED, cause));
        };
        let bytes = opened_blob(&self.blobs, &parsed.parsed, key).await?;
        let document: ParsedDocument = serde_json::from_slice(&bytes).map_err(WorkError::dead_letter)?;
        let Vectors { vectors, computed } = self.vectors(cause, &document).await?;
        let dimensions = vectors.first().map_or(0, Vec::len);
        if vectors.len() != document.chunks.len() || vectors.iter().any(|vector| vector.len() != dimensions) {
            let model = self.embedder.model();
            return Err(WorkError::dead_letter(format!(
                "model {model} gives vectors of different lengths; was another one put in its place under the same name?"
            )));
        }
        let counted = |outcome, vectors: usize| {
            metrics::counter!("elite_embeddings_total", "outcome" => outcome).increment(vectors as u64);
        };
        counted("computed", computed);
        counted("known", vectors.len() - computed.min(vectors.len()));
        let model = self.embedder.model().to_owned();
        let id = result_event_id(&format!("{}/{model}", EMBED.name), EMBED.version, cause.id, 0);
        let data = KnowledgeEmbedded {
            parsed: parsed.parsed,
            model,
            dimensions: u32::try_from(dimensions).unwrap_or(u32::MAX),
            vectors: self.store(&vectors, key).await?,
            computed: Some(u32::try_from(computed).unwrap_or(u32::MAX)),
        };
        Ok(vec![outcome::result_with_id(id, &EMBED, cause, &*self.clock, data)?])
    }
}
