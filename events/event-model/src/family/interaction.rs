//! A question and its answer. The subject is the interaction's id; the session orders them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EventData, TextRange};

/// Somebody asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionPrompted {
    /// The session.
    pub session: Uuid,
    /// The question.
    pub prompt: String,
}

impl EventData for InteractionPrompted {
    const TYPE: &'static str = "interaction.prompted";
}

/// Something happened on the way to the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionStep {
    /// The session.
    pub session: Uuid,
    /// Which step, from 0.
    pub ordinal: u32,
    /// What kind: `search`, `tool`, `thought`.
    pub kind: String,
    /// What it was.
    pub text: String,
}

impl EventData for InteractionStep {
    const TYPE: &'static str = "interaction.step";
}

/// A passage that supports an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Citation {
    /// The document.
    pub document: Uuid,
    /// Its name when it was cited.
    pub name: String,
    /// Which chunk.
    pub chunk: u32,
    /// Where in the document's text.
    pub range: TextRange,
    /// The words.
    pub quote: String,
    /// How well it matched; larger is better.
    pub score: f64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionAnswered {
    /// The session.
    pub session: Uuid,
    /// The model: `extractive` or an Ollama model's name.
    pub model: String,
    /// The answer.
    pub answer: String,
    /// What it rests on, best first.
    pub citations: Vec<Citation>,
}

impl EventData for InteractionAnswered {
    const TYPE: &'static str = "interaction.answered";
}

/// There is no answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionFailed {
    /// The session.
    pub session: Uuid,
    /// Why.
    pub reason: String,
}

impl EventData for InteractionFailed {
    const TYPE: &'static str = "interaction.failed";
}
