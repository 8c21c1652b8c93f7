//! What operators did to the log's effects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EventData;

/// A person's key was destroyed. The subject is the data subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SubjectErased {
    /// Who asked for it.
    pub requested_by: String,
}

impl EventData for SubjectErased {
    const TYPE: &'static str = "subject.erased";
}

/// A parked event will never be applied. The subject is the key it was blocking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventDropped {
    /// The event.
    pub event: Uuid,
    /// The subscription or role that had parked it.
    pub subscription: String,
    /// Why.
    pub reason: String,
}

impl EventData for EventDropped {
    const TYPE: &'static str = "event.dropped";
}

/// A parked event was applied after all. The subject is the key it was blocking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventRedriven {
    /// The event.
    pub event: Uuid,
    /// The subscription or role that had parked it.
    pub subscription: String,
}

impl EventData for EventRedriven {
    const TYPE: &'static str = "event.redriven";
}
