//! How far trusted sources support a text. The subject is the document's id, or the interaction's whose answer was checked.
//!
//! A number here is between 0 and 1 or it is not there: what is no number cannot be written, nor read.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BlobRef, EventData, TextRange};

/// How far a source is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustLevel {
    /// Nothing is known of it: it supports nothing, and is checked.
    #[default]
    Unknown,
    /// It supports others, and is checked itself.
    Known,
    /// It supports others, and is not checked.
    Trusted,
}

impl TrustLevel {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Known => "known",
            Self::Trusted => "trusted",
        }
    }
}

impl FromStr for TrustLevel {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Unknown, Self::Known, Self::Trusted].into_iter().find(|level| level.as_str() == name).ok_or(())
    }
}

/// A number between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("{value} is not between 0 and 1"))
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

/// A calibrated score with the 95 % interval of its calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckScore {
    /// The score.
    pub value: Share,
    /// Lower end of the interval.
    pub low: Share,
    /// Upper end of it.
    pub high: Share,
}

impl CheckScore {
    /// A score of three numbers; none if one of them is not between 0 and 1.
    pub fn new(value: f64, low: f64, high: f64) -> Option<Self> {
        let share = |number| Share::try_from(number).ok();
        Some(Self { value: share(value)?, low: share(low)?, high: share(high)? })
    }
}

/// What is said of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimVerdict {
    /// The whole interval is below one half, or it holds it and the evidence names another thing or value, or a model's samples agree
    /// that the sources do not say so.
    Unsupported,
    /// The interval holds one half, and the evidence names nothing else.
    Unclear,
    /// The whole interval is at or above one half, or a model's samples agree that the sources say so.
    Supported,
    /// Too little is known; `cannot_say` names why.
    CannotSay,
}

/// Which text was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CheckedText {
    /// A document's.
    Document {
        /// The parsed blob.
        parsed: BlobRef,
    },
    /// An answer.
    Answer {
        /// The session it was given in.
        session: Uuid,
        /// The `interaction.answered` that holds it.
        answered: Uuid,
    },
}

/// The passage of a trusted or known source that speaks most of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimEvidence {
    /// The document.
    pub document: Uuid,
    /// Its name.
    pub name: String,
    /// The passage's number in it, from 0.
    pub chunk: u32,
    /// How far its source is trusted.
    pub trust: TrustLevel,
    /// What is quoted, in characters of the document's text.
    pub range: TextRange,
    /// The words at `range`; at most 300 characters.
    pub quote: String,
    /// The words that the claim has, too, in characters of the document's text.
    pub spans: Vec<TextRange>,
}

/// What the evidence says differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimMismatch {
    /// `negation`, `only`, `opposite`, `other`, `number`, `date` or `version`.
    pub kind: String,
    /// Where in the checked text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<TextRange>,
    /// Where in the evidence's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<TextRange>,
}

/// What a model said of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimJudged {
    /// What most of its samples say: `supported`, `unsupported`, or `cannot_say` where they give no majority that can be used.
    pub verdict: ClaimVerdict,
    /// How many of them say so.
    pub agreed: u32,
    /// Why it cannot say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_say: Option<String>,
    /// What it quotes, found letter by letter in the evidence's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<TextRange>,
}

/// One claim of the checked text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedClaim {
    /// Where, in characters of the checked text.
    pub range: TextRange,
    /// The claim; at most 300 characters.
    pub text: String,
    /// What is said of it: by the model where it said something, else by the score.
    pub verdict: ClaimVerdict,
    /// The probability that the evidence supports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<CheckScore>,
    /// Why there is no score: `no_claim`, `no_evidence`, `unknown_script`, `unrelated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_say: Option<String>,
    /// What speaks most of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<ClaimEvidence>,
    /// The words that the evidence has, too, in characters of the checked text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supported: Vec<TextRange>,
    /// The words that it has not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<TextRange>,
    /// What it says differently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<ClaimMismatch>,
    /// How alike the claim and the sentence that speaks most of it are in meaning: 0 as unrelated texts, 1 the same. Not there where
    /// no model makes vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness: Option<Share>,
    /// What a model said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<ClaimJudged>,
}

/// How many claims there are of each verdict; those that are left out of the list, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimCounts {
    /// Claims of the text.
    pub claims: u32,
    /// Supported ones.
    pub supported: u32,
    /// Those that are not.
    pub unsupported: u32,
    /// Those whose score tells neither.
    pub unclear: u32,
    /// Those of which nothing can be said.
    pub cannot_say: u32,
}

/// What a model had to do with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelJudge {
    /// The model that is set.
    pub model: String,
    /// Samples that it gave.
    pub samples: u32,
    /// Claims that it was asked about.
    pub asked: u32,
    /// Claims of which it, or the majority of its samples, did not say anything that can be used.
    pub abstained: u32,
    /// Why it said nothing at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_say: Option<String>,
    /// Everything that it answered, as it answered it: a JSON list of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<BlobRef>,
}

/// A text was held against the trusted sources, claim by claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeChecked {
    /// Which text.
    pub of: CheckedText,
    /// Version of how it is checked.
    pub checker_version: u32,
    /// Digest of which sources are trusted how far.
    pub trust: String,
    /// Documents of trusted and known sources that there were.
    pub evidence_documents: u64,
    /// What the verdicts are by: `support/VERSION`, or `ollama:MODEL` where a model's count.
    pub judge: String,
    /// The mean of the claims that have a score: the share of claims that can be expected to be supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<CheckScore>,
    /// Why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_say: Option<String>,
    /// How many claims of each verdict.
    pub counts: ClaimCounts,
    /// Claims, the least supported first, then those of which nothing can be said.
    pub claims: Vec<CheckedClaim>,
    /// Claims that do not fit into the event.
    #[serde(default)]
    pub claims_left_out: u32,
    /// Passages that were looked at.
    pub passages: u32,
    /// Passages of a very long text that were not.
    #[serde(default)]
    pub passages_left_out: u32,
    /// Whether evidence was looked for by meaning, too.
    #[serde(default)]
    pub by_meaning: bool,
    /// The model that judged, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelJudge>,
}

impl EventData for KnowledgeChecked {
    const TYPE: &'static str = "knowledge.checked";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_share_is_neither_made_nor_read() {
        for number in [f64::NAN, f64::INFINITY, -0.01, 1.01] {
            assert_eq!(CheckScore::new(0.5, number, 0.6), None);
        }
        let read = |text| serde_json::from_str::<CheckScore>(text);
        assert!(read(r#"{"value":0.5,"low":0.4,"high":1}"#).is_ok());
        for wrong in [r#"{"value":0.5,"low":0.4,"high":1.5}"#, r#"{"value":null,"low":0.4,"high":1}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn levels_have_names() {
        assert_eq!("known".parse(), Ok(TrustLevel::Known));
        assert_eq!("Trusted".parse::<TrustLevel>(), Err(()));
        assert!(TrustLevel::Trusted > TrustLevel::Known && TrustLevel::default() == TrustLevel::Unknown);
    }
}
