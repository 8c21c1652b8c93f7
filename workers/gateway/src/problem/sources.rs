//! Which problem each error of the crates below becomes. Faults are logged here, once; bad input is not.

use blob_store::BlobError;
use event_log::{KeyringError, LogError};
use event_model::InvalidEvent;
use read_store::StoreError;

use super::{Problem, ProblemKind};

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        tracing::warn!(%error, "the log did not do it");
        match error {
            LogError::Unavailable(_) => Self::new(ProblemKind::LogUnavailable, error.to_string()),
            LogError::Missing { .. } | LogError::Trimmed { .. } | LogError::NoPartition(_) => {
                Self::malformed(error.to_string())
            }
            LogError::Damaged(_) | LogError::Refused(_) => Self::log_to_heal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the read store did not do it");
        if error.is_transient() {
            Self::new(ProblemKind::StoreUnavailable, "the read store does not answer")
        } else {
            Self::new(ProblemKind::Internal, "the read store refused the gateway's question")
        }
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::BrokenOff(_) => Self::malformed(error.to_string()),
            BlobError::TooLarge { limit_bytes } => {
                Self::new(ProblemKind::TooLarge, error.to_string()).with("limit_bytes", limit_bytes)
            }
            BlobError::Store { .. } => {
                tracing::error!(%error, "the blob store did not do it");
                Self::new(ProblemKind::StoreUnavailable, "the blob store does not answer")
            }
            BlobError::Damaged(_) | BlobError::Sealed { .. } => {
                tracing::error!(%error, "a blob cannot be read");
                Self::new(ProblemKind::Internal, error.to_string())
            }
        }
    }
}

impl From<KeyringError> for Problem {
    fn from(error: KeyringError) -> Self {
        tracing::warn!(%error, "the keyring did not do it");
        Self::new(ProblemKind::StoreUnavailable, "the key store does not answer")
    }
}

impl From<InvalidEvent> for Problem {
    fn from(error: InvalidEvent) -> Self {
        let detail = error.to_string();
        match error {
            InvalidEvent::TooLarge(_) => Self::new(ProblemKind::TooLarge, detail),
            InvalidEvent::Attribute { attribute, .. } => Self::malformed(detail).with("attribute", attribute),
            InvalidEvent::Data(_) => Self::malformed(detail).with("attribute", "data"),
            InvalidEvent::Malformed(_) => Self::malformed(detail),
        }
    }
}
