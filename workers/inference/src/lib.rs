#![doc = include_str!("../README.md")]

mod embedder;
mod extractive;
mod hub;
mod judge;
mod likeness;
#[cfg(feature = "candle")]
mod local;
mod ollama;
mod prompt;
mod query;

pub use embedder::Embedder;
pub use extractive::{Answer, EXTRACTIVE, Passage, Quote, answer};
pub use hub::hub_directory;
pub use judge::{Judge, Opinion, OpinionVerdict, Samples, Statement};
pub use likeness::Likeness;
#[cfg(feature = "candle")]
pub use local::LocalEmbedder;
pub use ollama::{InferenceError, Message, Ollama, OllamaEmbedder};
pub use prompt::grounded;
pub use query::{EmbeddedQuery, embedded_query};
