//! Errors that carry their decision. Whoever finds the fault decides; the loops only obey.

use event_log::{KeyringError, LogError};
use read_store::StoreError;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again later; nothing is wrong with the event.
    Retry,
    /// Park the event and block its key; it will fail again and again.
    DeadLetter,
    /// Stop the partition and tell people; going on would make it worse.
    Halt,
}

/// An error with its decision.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct WorkError {
    /// What to do.
    pub decision: Decision,
    /// What is wrong, for people.
    pub reason: String,
    /// Whether failing like this again and again counts against the event: a statement the server stopped because it took
    /// too long, a panic. Such a one is tried alone and a few times, never for ever.
    pub bounded: bool,
}

#[expect(clippy::needless_pass_by_value, reason = "errors are given away: `map_err(WorkError::retry)`")]
impl WorkError {
    /// Try again later.
    pub fn retry(reason: impl ToString) -> Self {
        Self { decision: Decision::Retry, reason: reason.to_string(), bounded: false }
    }

    /// Park the event.
    pub fn dead_letter(reason: impl ToString) -> Self {
        Self { decision: Decision::DeadLetter, reason: reason.to_string(), bounded: false }
    }

    /// Stop the partition.
    pub fn halt(reason: impl ToString) -> Self {
        Self { decision: Decision::Halt, reason: reason.to_string(), bounded: false }
    }
}

impl From<StoreError> for WorkError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            let bounded = error.is_too_slow();
            Self { bounded, ..Self::retry(error) }
        } else if error.is_about_the_data() {
            Self::dead_letter(error)
        } else {
            Self::halt(error)
        }
    }
}

impl From<LogError> for WorkError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(_) => Self::retry(error),
            LogError::Missing { .. }
            | LogError::Trimmed { .. }
            | LogError::NoPartition(_)
            | LogError::Damaged(_)
            | LogError::Refused(_) => Self::halt(error),
        }
    }
}

impl From<KeyringError> for WorkError {
    fn from(error: KeyringError) -> Self {
        Self::retry(error)
    }
}
