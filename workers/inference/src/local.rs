//! Vectors in this process: a BERT-like sentence model read from a directory, as the hub lays it out, run by candle.
//!
//! The directory has `config.json`, `tokenizer.json` and `model.safetensors`, and may have `1_Pooling/config.json` and
//! `sentence_bert_config.json` as sentence-transformers writes them. Nothing is fetched.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokenizers::{Encoding, PaddingParams, Tokenizer, TruncationParams};

use crate::{
    InferenceError,
    embedder::{Embedder, checked},
};

/// Texts that go through the model together; more need memory and save nothing on a CPU.
const TEXTS_MAX: usize = 16;
/// Tokens that are read of a text, where the model does not say.
const TOKENS_MAX: usize = 512;

/// A sentence model in this process.
#[derive(Clone)]
pub struct LocalEmbedder {
    name: String,
    model: Arc<Loaded>,
}

struct Loaded {
    bert: BertModel,
    tokenizer: Tokenizer,
    pooling: Pooling,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Pooling {
    /// The first token's, instead of the mean of all.
    #[serde(default)]
    pooling_mode_cls_token: bool,
}

#[derive(Deserialize)]
struct Bounds {
    max_seq_length: usize,
}

/// What is wrong with a file of a model.
struct Unusable(PathBuf, String);

impl From<Unusable> for InferenceError {
    fn from(Unusable(path, reason): Unusable) -> Self {
        Self::Unusable(format!("{}: {reason}", path.display()))
    }
}

fn unusable(path: &Path) -> impl FnOnce(&dyn fmt::Display) -> Unusable {
    move |reason| Unusable(path.to_owned(), reason.to_string())
}

impl LocalEmbedder {
    /// Reads the model in `directory`. Its name is the directory's with the beginning of the weights' SHA-256, so that other
    /// weights never pass for these.
    pub fn load(directory: &Path) -> Result<Self, InferenceError> {
        let weights_path = directory.join("model.safetensors");
        let weights = read(&weights_path)?;
        let digest =
            Sha256::digest(&weights).iter().take(6).fold(0, |digest, byte| digest << 8 | u64::from(*byte));
        let config: Config = json(&directory.join("config.json"))?;
        let tokenizer = tokenizer(directory, config.max_position_embeddings)?;
        let pooling = optional(&directory.join("1_Pooling/config.json"))?.unwrap_or_default();
        let bert = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|error| unusable(&weights_path)(&error))?;
        let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
        Ok(Self {
            name: format!("{name}@{digest:012x}"),
            model: Arc::new(Loaded { bert, tokenizer, pooling }),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    fs::read(path).map_err(|error| unusable(path)(&error))
}

fn json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, Unusable> {
    serde_json::from_slice(&read(path)?).map_err(|error| unusable(path)(&error))
}

fn optional<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>, Unusable> {
    path.exists().then(|| json(path)).transpose()
}

fn tokenizer(directory: &Path, positions: usize) -> Result<Tokenizer, Unusable> {
    let path = directory.join("tokenizer.json");
    let mut tokenizer = Tokenizer::from_bytes(read(&path)?).map_err(|error| unusable(&path)(&error))?;
    let bounds: Option<Bounds> = optional(&directory.join("sentence_bert_config.json"))?;
    let max_length = bounds.map_or(TOKENS_MAX, |bounds| bounds.max_seq_length).min(positions);
    let truncation = TruncationParams { max_length, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(|error| unusable(&path)(&error))?;
    tokenizer.with_padding(Some(PaddingParams::default()));
    Ok(tokenizer)
}

impl Loaded {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, InferenceError> {
        // Texts of like length together, so that little is padded.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| texts[*index].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in order.chunks(TEXTS_MAX) {
            let batch_texts: Vec<&str> = batch.iter().map(|index| texts[*index].as_str()).collect();
            let batch_vectors =
                self.batch(&batch_texts).map_err(|error| InferenceError::Malformed(error.to_string()))?;
            for (index, vector) in batch.iter().zip(batch_vectors) {
                vectors[*index] = vector;
            }
        }
        checked(vectors, texts.len())
    }

    fn batch(&self, texts: &[&str]) -> candle_core::Result<Vec<Vec<f32>>> {
        let encoded = self.tokenizer.encode_batch(texts.to_vec(), true).map_err(candle_core::Error::msg)?;
        let shape = (encoded.len(), encoded.first().map_or(0, |text| text.get_ids().len()));
        let ids: Vec<u32> = encoded.iter().flat_map(Encoding::get_ids).copied().collect();
        let real: Vec<u32> = encoded.iter().flat_map(Encoding::get_attention_mask).copied().collect();
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let real = Tensor::from_vec(real, shape, &Device::Cpu)?;
        let tokens = self.bert.forward(&ids, &ids.zeros_like()?, Some(&real))?;
        let pooled = if self.pooling.pooling_mode_cls_token {
            tokens.narrow(1, 0, 1)?.squeeze(1)?
        } else {
            let weights = real.to_dtype(DType::F32)?.unsqueeze(2)?;
            tokens.broadcast_mul(&weights)?.sum(1)?.broadcast_div(&weights.sum(1)?)?
        };
        pooled.to_vec2()
    }
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let model = Arc::clone(&self.model);
        let embedding = tokio::task::spawn_blocking(move || model.embed(&texts));
        embedding.await.map_err(|error| InferenceError::Malformed(error.to_string()))?
    }
}

impl fmt::Debug for LocalEmbedder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalEmbedder").field("name", &self.name).finish_non_exhaustive()
    }
}
