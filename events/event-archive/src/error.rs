//! Why an archive could not do it, and what that means to whoever reads it as a log.

use blob_store::BlobError;
use event_log::{LogError, Position};
use event_model::PartitionId;

/// Why an archive could not do it.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The blob store does not answer, or is full; try again.
    #[error("the archive cannot be used now: {0}")]
    Store(#[from] BlobError),
    /// What is stored is not what was written.
    #[error(
        "`{object}` of the archive is damaged at position {position}: {reason}; `elite archive verify` looks for more"
    )]
    Damaged {
        /// The key of the link or segment.
        object: String,
        /// The first position that cannot be read for it.
        position: Position,
        /// What is wrong with it.
        reason: String,
    },
    /// The archive has nothing at this position.
    #[error("the archive has no position {position} of partition {partition}; it ends at {last}")]
    Missing {
        /// The partition.
        partition: PartitionId,
        /// What was asked for.
        position: Position,
        /// The last archived position.
        last: Position,
    },
    /// Another process wrote this link first: read the chain again and go on from there.
    #[error("another process was first to write link {index} of partition {partition}")]
    Overtaken {
        /// The partition.
        partition: PartitionId,
        /// The link.
        index: u64,
    },
    /// The log itself could not do it.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Refused(String),
}

impl ArchiveError {
    pub(crate) fn damaged(object: &str, position: Position, reason: impl Into<String>) -> Self {
        Self::Damaged { object: object.to_owned(), position, reason: reason.into() }
    }

    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Overtaken { .. } | Self::Log(LogError::Unavailable(_)))
    }
}

impl From<ArchiveError> for LogError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Store(_) | ArchiveError::Overtaken { .. } => Self::Unavailable(error.to_string()),
            ArchiveError::Refused(reason) => Self::Refused(reason),
            ArchiveError::Log(error) => error,
            ArchiveError::Damaged { .. } | ArchiveError::Missing { .. } => Self::Damaged(error.to_string()),
        }
    }
}

/// Runs what takes a processor for long where it keeps nobody waiting.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ArchiveError::Refused(format!("a thread of the archive died: {error}")))?
}
