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
}

/// Two passages contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictDetected {
    /// One side.
    pub left: Passage,
    /// The other.
    pub right: Passage,
    /// How: `negation`, `number`, `date`, `version`, `default`, `signature`.
    pub kind: String,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

impl EventData for ConflictDetected {
    const TYPE: &'static str = "conflict.detected";
}

/// The contradiction is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictResolved {
    /// The side that holds, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Uuid>,
    /// Who or what decided.
    pub resolved_by: String,
}

impl EventData for ConflictResolved {
    const TYPE: &'static str = "conflict.resolved";
}
