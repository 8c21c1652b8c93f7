//! What people think of answers. The subject is the feedback's id; the session orders them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EventData;

/// A verdict on an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// Up or down.
    Thumbs {
        /// Whether it is up.
        up: bool,
    },
    /// One to five.
    Rating {
        /// 1 is worst, 5 is best.
        #[schemars(range(min = 1, max = 5))]
        rating: u8,
    },
    /// The answer as it should have been.
    Correction {
        /// The better answer.
        text: String,
    },
    /// The given answer against another.
    Preference {
        /// The other answer.
        other: String,
        /// Whether the given answer is the better one.
        prefers_given: bool,
    },
    /// Labels from a fixed set.
    Labels {
        /// The labels.
        labels: Vec<String>,
    },
}

/// Somebody gave feedback on an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackGiven {
    /// The session.
    pub session: Uuid,
    /// The interaction that is judged.
    pub interaction: Uuid,
    /// The verdict.
    pub verdict: Verdict,
    /// Who, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl EventData for FeedbackGiven {
    const TYPE: &'static str = "feedback.given";
}

/// The feedback named by the subject no longer holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackWithdrawn {
    /// The session.
    pub session: Uuid,
}

impl EventData for FeedbackWithdrawn {
    const TYPE: &'static str = "feedback.withdrawn";
}
