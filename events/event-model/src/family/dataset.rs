//! Training datasets. The subject is the dataset's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BlobRef, EventData};

/// The shape of a dataset's rows, as the TRL library names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// `messages`: conversations to imitate.
    Sft,
    /// `prompt`, `chosen`, `rejected`.
    Preference,
    /// `prompt`, `completion`, `label`.
    Kto,
    /// `prompt`, `completion` made from documents.
    Completion,
}

impl DatasetKind {
    /// Its name, as in events and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::Preference => "preference",
            Self::Kto => "kto",
            Self::Completion => "completion",
        }
    }
}

/// Somebody asked for a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetRequested {
    /// Name, for people.
    pub name: String,
    /// Shape of the rows.
    pub kind: DatasetKind,
    /// Whether rows from texts that failed validation, or duplicate another, are kept.
    #[serde(default)]
    pub include_rejected: bool,
}

impl EventData for DatasetRequested {
    const TYPE: &'static str = "dataset.requested";
}

/// The dataset is built; its rows and manifest are blobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetBuilt {
    /// The rows as JSON lines.
    pub content: BlobRef,
    /// The manifest: what each row came from.
    pub manifest: BlobRef,
    /// Number of rows.
    pub rows: u64,
    /// Number of bytes of `content`.
    pub size_bytes: u64,
    /// Candidate rows that were left out.
    pub left_out: u64,
}

impl EventData for DatasetBuilt {
    const TYPE: &'static str = "dataset.built";
}

/// The dataset was handed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetPublished {
    /// Where to, such as an `MLflow` run's address.
    pub target: String,
}

impl EventData for DatasetPublished {
    const TYPE: &'static str = "dataset.published";
}

/// The dataset held rows of a person who was erased: its blobs are removed for ever. Building it again leaves them out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetWithdrawn {
    /// Why.
    pub reason: String,
}

impl EventData for DatasetWithdrawn {
    const TYPE: &'static str = "dataset.withdrawn";
}
