#![doc = include_str!("../README.md")]

mod embedder;
mod extractive;
#[cfg(feature = "candle")]
mod local;
mod ollama;
mod prompt;

pub use embedder::Embedder;
pub use extractive::{Answer, EXTRACTIVE, Passage, Quote, answer};
#[cfg(feature = "candle")]
pub use local::LocalEmbedder;
pub use ollama::{InferenceError, Message, Ollama, OllamaEmbedder};
pub use prompt::grounded;
