//! Why a dataset could not be built, read or explained.

use blob_store::BlobError;
use event_model::BlobRef;
use read_store::StoreError;

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// PostgreSQL could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blob store could not do it.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A blob that should be there is not.
    #[error("blob {0} is not in the blob store; restore it, or build the dataset again")]
    MissingBlob(BlobRef),
    /// A blob is not a manifest.
    #[error("{name} is not a dataset manifest: {source}")]
    Manifest {
        /// The blob.
        name: BlobRef,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The read models say something that this release does not know.
    #[error("the read models say `{said}` where {expected} was expected; run `elite migrate` and rebuild")]
    Unknown {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        said: String,
    },
    /// Rows changed while they were read, again and again.
    #[error("examples kept changing while the dataset was built; build it again")]
    Changed,
    /// Whoever was storing the rows gave up; their own error says why.
    #[error("storing the rows stopped")]
    Stopped,
}

impl DatasetError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Blob(error) => !matches!(error, BlobError::Damaged(_)),
            Self::Changed | Self::Stopped => true,
            Self::MissingBlob(_) | Self::Manifest { .. } | Self::Unknown { .. } => false,
        }
    }
}
