//! Why events could not be folded or replayed, and what the caller should do about it.

use event_log::{LogError, Position};
use event_model::PartitionId;
use read_store::StoreError;

/// Why an event is not ready to be folded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FoldError {
    /// The key store or the blob store did not answer; the same event may fold later.
    #[error("the event at {partition}/{position} cannot be folded now: {reason}")]
    Transient {
        /// Its partition.
        partition: PartitionId,
        /// Its position.
        position: Position,
        /// What did not answer.
        reason: String,
    },
    /// It will never fold as things are; park it.
    #[error("the event at {partition}/{position} cannot be folded: {reason}")]
    Poison {
        /// Its partition.
        partition: PartitionId,
        /// Its position.
        position: Position,
        /// What is wrong with it.
        reason: String,
    },
}

impl FoldError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }

    /// Why, without the place.
    pub fn reason(&self) -> &str {
        match self {
            Self::Transient { reason, .. } | Self::Poison { reason, .. } => reason,
        }
    }
}

/// Why a replay could not be finished. The live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Nobody folds under this name.
    #[error("there is no projection `{name}`; there are {known}")]
    UnknownProjection {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// PostgreSQL could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event that the live tables hold cannot be folded any more.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The log ends before the position that the live tables have reached.
    #[error(
        "partition {partition} is folded up to position {folded}, but the log has only {read}; \
         the log lost its tail, restore it before rebuilding"
    )]
    LogTooShort {
        /// The partition.
        partition: u16,
        /// The live checkpoint.
        folded: u64,
        /// The last position that could be read.
        read: u64,
    },
    /// Somebody redrove or dropped parked events during the replay.
    #[error("parked events were redriven or dropped during the replay; run it again")]
    ParkedEventsChanged,
    /// The projector went on faster than the replay could follow.
    #[error(
        "the replay did not catch up with the projector in {0} attempts; pause the projection and run it again"
    )]
    NeverCaughtUp(u32),
    /// Readers of the live tables left no moment to switch in.
    #[error(
        "the tables could not be switched in {0} attempts, because others hold them; look for long queries in \
         pg_stat_activity and run it again"
    )]
    NeverSwitched(u32),
    /// Another replay fills this schema.
    #[error("another replay is under way in `{0}`; wait for its end")]
    Held(String),
    /// There is nothing to go back to.
    #[error("no earlier tables of {0} are kept; a rebuild keeps those it replaces, until the next one")]
    NothingRetired(String),
    /// The kept tables are of a release with another fold.
    #[error(
        "the earlier tables of `{name}` are of version {kept}, and this release folds version {ours}; \
         run the rollback with the release that made them"
    )]
    RetiredVersion {
        /// The projection.
        name: String,
        /// The version of the kept tables.
        kept: u32,
        /// The version of this release.
        ours: u32,
    },
    /// The place in history is none.
    #[error("{0}")]
    NotThere(String),
    /// What was replayed may hold rows of a person who is erased by now.
    #[error("a person was erased during the replay; run it again")]
    ErasedMeanwhile,
}
