//! Why a document could not be read: a stable code for programs and a sentence for people. Not for faults of the
//! machine (see [`crate::PoolError`]): a rejection is a fact about the document and is recorded as one.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stable codes; what `document.rejected` carries as `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No bytes.
    Empty,
    /// More bytes than the pool takes.
    TooLarge,
    /// No parser knows these bytes.
    UnsupportedType,
    /// The bytes start as a known type and then break its rules.
    Malformed,
    /// A password is needed.
    Encrypted,
    /// The document is sound and holds no text.
    NoText,
    /// The document is built to cost more than any real one does (a decompression bomb, endless nesting).
    TooComplex,
    /// The parser crashed on it.
    Crashed,
    /// The parser did not finish in time.
    TimeLimit,
    /// The parser asked for more memory than it is given.
    MemoryLimit,
    /// The result is larger than the pool takes.
    OutputLimit,
    /// A plugin wrote something that is no document.
    BadOutput,
}

impl Reason {
    /// The code as events carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::UnsupportedType => "unsupported_type",
            Self::Malformed => "malformed",
            Self::Encrypted => "encrypted",
            Self::NoText => "no_text",
            Self::TooComplex => "too_complex",
            Self::Crashed => "crashed",
            Self::TimeLimit => "time_limit",
            Self::MemoryLimit => "memory_limit",
            Self::OutputLimit => "output_limit",
            Self::BadOutput => "bad_output",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document that was not parsed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Rejection {
    /// For programs.
    pub reason: Reason,
    /// For people: what is wrong and what to do.
    pub detail: String,
}

impl Rejection {
    /// A rejection with a sentence that says what to do.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_people_read_is_the_code_that_is_stored() {
        for reason in [
            Reason::Empty,
            Reason::UnsupportedType,
            Reason::TimeLimit,
            Reason::OutputLimit,
            Reason::BadOutput,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
