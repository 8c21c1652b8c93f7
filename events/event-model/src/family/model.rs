//! Models trained from datasets. The subject is the model's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EventData;

/// A model was registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRegistered {
    /// Name, for people.
    pub name: String,
    /// The dataset it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Uuid>,
    /// Where it is kept.
    pub location: String,
}

impl EventData for ModelRegistered {
    const TYPE: &'static str = "model.registered";
}

/// The model was put to use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelPromoted {
    /// For what, such as `chat`.
    pub purpose: String,
}

impl EventData for ModelPromoted {
    const TYPE: &'static str = "model.promoted";
}
