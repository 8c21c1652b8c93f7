//! Conversations. The subject is the session's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::EventData;

/// Somebody started a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStarted {
    /// Who, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl EventData for SessionStarted {
    const TYPE: &'static str = "session.started";
}

/// The session is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionEnded {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl EventData for SessionEnded {
    const TYPE: &'static str = "session.ended";
}
