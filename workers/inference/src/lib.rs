#![doc = include_str!("../README.md")]

mod extractive;
mod ollama;
mod prompt;

pub use extractive::{Answer, EXTRACTIVE, Passage, Quote, answer};
pub use ollama::{InferenceError, Message, Ollama};
pub use prompt::grounded;
