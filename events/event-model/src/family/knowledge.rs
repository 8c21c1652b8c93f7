//! What is thought of a document's knowledge. The subject is the document's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BlobRef, EventData};

/// Vectors were made for the chunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeEmbedded {
    /// The parsed blob whose chunks were embedded.
    pub parsed: BlobRef,
    /// The model.
    pub model: String,
    /// Length of each vector.
    pub dimensions: u32,
    /// Little-endian `f32` vectors in chunk order.
    pub vectors: BlobRef,
    /// How many of them the model was asked for; the others were known from texts that are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<u32>,
}

impl EventData for KnowledgeEmbedded {
    const TYPE: &'static str = "knowledge.embedded";
}

/// What one rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleScore {
    /// Rule, such as `gopher_short_doc`.
    pub rule: String,
    /// Version of the rule.
    pub version: u32,
    /// Whether the text satisfies it.
    pub passed: bool,
    /// What was measured.
    pub value: f64,
    /// The bound it was held against.
    pub threshold: f64,
    /// What shows it, such as an offending line; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// The validators judged the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeValidated {
    /// The parsed blob that was judged.
    pub parsed: BlobRef,
    /// Kind of text the rules were chosen for: `prose`, `code` or `chat`.
    pub profile: String,
    /// Version of the set of rules.
    pub rules_version: u32,
    /// Share of the rules that passed, 0 to 1.
    pub quality: f64,
    /// Whether every rule that decides passed.
    pub accepted: bool,
    /// Every rule's finding.
    pub scores: Vec<RuleScore>,
    /// SHA-256 of the normalised text: equal for exact duplicates.
    pub text_hash: BlobRef,
    /// One hash a `MinHash` band: two texts that share one are near duplicates. Empty for texts too short to compare.
    pub bands: Vec<i64>,
}

impl EventData for KnowledgeValidated {
    const TYPE: &'static str = "knowledge.validated";
}

/// The document's passages were compared with those of other documents. What contradicts is in `conflict.detected`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeCompared {
    /// The parsed blob whose judgement asked for it.
    pub parsed: BlobRef,
    /// Version of the rules that tell a conflict.
    pub rules_version: u32,
    /// Passages that were compared; none of a document that is not in use, or about a data subject.
    pub passages: u32,
    /// Passages of a very long document that were not.
    #[serde(default)]
    pub passages_left_out: u32,
    /// Pairs of passages that were looked at.
    pub pairs: u32,
    /// Conflicts found, whether they were known or not.
    pub conflicts: u32,
}

impl EventData for KnowledgeCompared {
    const TYPE: &'static str = "knowledge.compared";
}

/// The validators could not judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeFailed {
    /// Role that failed.
    pub role: String,
    /// Why.
    pub reason: String,
}

impl EventData for KnowledgeFailed {
    const TYPE: &'static str = "knowledge.failed";
}

/// A person decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeReviewed {
    /// Whether the knowledge may be used.
    pub accepted: bool,
    /// Who decided.
    pub reviewer: String,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl EventData for KnowledgeReviewed {
    const TYPE: &'static str = "knowledge.reviewed";
}
