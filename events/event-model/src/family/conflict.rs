//! Passages that contradict each other. The subject is the conflict's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EventData, TextRange};

/// A passage of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passage {
    /// The document.
    pub document: Uuid,
    /// Where in its text.
    pub range: TextRange,
    /// The words.
    pub text: String,
    /// The words that make it a conflict, within `text`; none where the whole of it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<TextRange>,
    /// Headings above it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heading_path: Vec<String>,
    /// Number of the chunk that it was found in, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<u32>,
}

/// Two passages contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictDetected {
    /// One side.
    pub left: Passage,
    /// The other.
    pub right: Passage,
    /// How: `negation`, `opposite`, `other` (another member of a family, such as Linux and Windows), `number`, `date`,
    /// `version`, `default`, `signature`.
    pub kind: String,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Version of the rules that found it; none for who did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_version: Option<u32>,
}

impl EventData for ConflictDetected {
    const TYPE: &'static str = "conflict.detected";
}

/// The contradiction is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictResolved {
    /// The document whose side holds; none if both do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Uuid>,
    /// Who or what decided.
    pub resolved_by: String,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl EventData for ConflictResolved {
    const TYPE: &'static str = "conflict.resolved";
}
