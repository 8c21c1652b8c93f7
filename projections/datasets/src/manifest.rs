//! What a dataset's rows came from and what was left out. It has no clock in it: the same rows give the same manifest.

use std::collections::BTreeMap;

use blob_store::BlobStore;
use event_model::{BlobRef, family::dataset::DatasetKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DatasetError, Reason, SourceKind};

/// Version of the manifest's form.
pub(crate) const FORMAT: u32 = 1;

/// The manifest of a dataset. As JSON its fields stand in this order; the totals come last because it is written in one
/// pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form.
    pub format: u32,
    /// The dataset's name.
    pub name: String,
    /// Shape of the rows.
    pub kind: DatasetKind,
    /// Whether rows that are usually left out were kept.
    pub include_rejected: bool,
    /// Each row of the content, in order.
    pub examples: Vec<ManifestRow>,
    /// Each candidate that is not in the content, by id.
    pub left_out: Vec<LeftOut>,
    /// How many were left out for which reason.
    pub left_out_counts: BTreeMap<Reason, u64>,
    /// Number of rows.
    pub rows: u64,
    /// Number of bytes of the content.
    pub size_bytes: u64,
    /// SHA-256 of the content, which is also the name of its blob.
    pub sha256: BlobRef,
}

/// What one row came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// The example.
    pub example: Uuid,
    /// SHA-256 of the row's bytes without the line break.
    pub sha256: BlobRef,
    /// What the example was made from.
    pub source_kind: SourceKind,
    /// The document or the interaction.
    pub source: Uuid,
    /// Every event it came from.
    pub events: Vec<Uuid>,
}

/// A candidate that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The example.
    pub example: Uuid,
    /// Why.
    pub reason: Reason,
    /// The document or the example that it repeats, if that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Uuid>,
}

impl Manifest {
    /// Reads a manifest, checked against its name.
    pub async fn read(blobs: &BlobStore, name: &BlobRef) -> Result<Self, DatasetError> {
        let bytes = blobs.get(name).await?.ok_or_else(|| DatasetError::MissingBlob(name.clone()))?;
        serde_json::from_slice(&bytes).map_err(|source| DatasetError::Manifest { name: name.clone(), source })
    }
}
