//! What can be asked of a node, as it crosses the admin socket, and how it answers.

use event_model::family::dataset::DatasetKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What is searched for, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Search {
    pub(crate) query: String,
    pub(crate) limit: u32,
    pub(crate) document: Option<Uuid>,
    pub(crate) kind: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) quality_min: Option<f64>,
    pub(crate) support_min: Option<f64>,
}

impl Search {
    /// Up to `limit` passages of all there are.
    pub(crate) fn everywhere(query: &str, limit: u32) -> Self {
        Self {
            query: query.to_owned(),
            limit,
            document: None,
            kind: None,
            language: None,
            quality_min: None,
            support_min: None,
        }
    }
}

/// A question or an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub(crate) enum Request {
    /// What is archived, and what the log still holds.
    ArchiveStatus,
    /// Check every link and segment of the archive, and with `deep` every event.
    ArchiveVerify { deep: bool },
    /// Archive everything that the log holds.
    ArchiveNow,
    /// Append again what the log lost and the archive has, and fold from there; or say what there is to heal.
    ArchiveHeal { really: bool },
    /// Archive everything, keep what no archive holds, and remove all but the newest `keep` backups.
    Backup { keep: usize },
    /// Positions, owners and lag of every subscription.
    WorkerList,
    /// Every projection with its version, and how far it is folded.
    ProjectionList,
    /// Replay and replace, if rows differ only when that is accepted; all projections if none is named.
    ProjectionRebuild { names: Vec<String>, accept: bool },
    /// Replay up to a place in history into a schema of its own.
    ProjectionAsOf { names: Vec<String>, as_of: String },
    /// Go back to the tables that were replaced.
    ProjectionRollback { names: Vec<String>, accept: bool },
    /// Every schema that is kept.
    ProjectionKept,
    /// Let go of the tables that were replaced.
    ProjectionForgetRetired { names: Vec<String> },
    /// Drop a schema with history.
    ProjectionDropAsOf { schema: String },
    /// Replay and compare; all projections if none is named.
    ProjectionVerify { names: Vec<String> },
    /// Stop folding until resumed.
    ProjectionPause,
    /// Fold on, also partitions that halted.
    ProjectionResume,
    /// Every parked event.
    DeadLetterList,
    /// One parked event with its payload.
    DeadLetterShow { event: Uuid },
    /// Try the parked events of a key again.
    DeadLetterRedrive { event: Uuid },
    /// What trying the parked events of a key again would change.
    DeadLetterPreview { event: Uuid },
    /// Never apply a parked event.
    DeadLetterDrop { event: Uuid, reason: String },
    /// Erase data subjects, or say what that would reach.
    Erase { tenant: String, subjects: Vec<String>, really: bool },
    /// One event.
    EventsShow { event: Uuid },
    /// Counts by type and partition.
    EventsStats,
    /// Append one CloudEvent in structured form.
    EventsAppend { event: Value },
    /// Events as they come, after the newest `backlog`.
    EventsTail { backlog: u64, follow: bool, event_type: Option<String> },
    /// Find passages.
    Search(Search),
    /// Ask a question in a new session.
    Ask { question: String },
    /// What is thought of a document's text, and what shows it.
    KnowledgeShow { id: Uuid },
    /// Build a dataset.
    DatasetBuild { name: String, kind: DatasetKind, include_rejected: bool },
    /// Every dataset.
    DatasetList,
    /// A built dataset's rows.
    DatasetExport { dataset: Uuid },
    /// The chain from events to a row, or why there is no row.
    DatasetExplain { row: Uuid },
    /// Check rows and manifest against their hashes.
    DatasetVerify { dataset: Uuid },
    /// What is wrong with this node, and what to do.
    Doctor,
    /// Migrations that were applied now, or before.
    Migrate,
}

impl Request {
    /// Whether it is about read models of another release, which it brings up to this one's, or back.
    pub(crate) fn replaces_read_models(&self) -> bool {
        matches!(self, Self::ProjectionRebuild { .. } | Self::ProjectionRollback { .. })
    }
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub(crate) enum Reply {
    /// How far a long order is.
    Progress { done: u64, total: u64 },
    /// One of many results, as it comes.
    Item { item: Value },
    /// The result; the last line.
    Done { result: Value },
    /// It failed; the last line.
    Failed { failure: Failure },
}

/// Why an order failed, and the exit code that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// 1 the work failed, 2 wrong use, 3 something cannot be reached.
    pub(crate) exit_code: u8,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Failure {
    /// The work failed.
    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over by value")]
    pub(crate) fn failed(message: impl ToString) -> Self {
        Self { exit_code: 1, message: message.to_string() }
    }

    /// The order makes no sense.
    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over by value")]
    pub(crate) fn wrong_use(message: impl ToString) -> Self {
        Self { exit_code: 2, message: message.to_string() }
    }

    /// Something that is needed does not answer.
    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over by value")]
    pub(crate) fn unreachable(message: impl ToString) -> Self {
        Self { exit_code: 3, message: message.to_string() }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(|error| Self::failed(format!("{error:#}")))
    }
}

impl From<read_store::StoreError> for Failure {
    fn from(error: read_store::StoreError) -> Self {
        if error.is_transient() { Self::unreachable(error) } else { Self::failed(error) }
    }
}

impl From<event_log::LogError> for Failure {
    fn from(error: event_log::LogError) -> Self {
        Self::failed(error)
    }
}
