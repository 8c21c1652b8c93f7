//! Typed questions to the views, for whoever answers people. Read-only; nothing here knows tables, only views.
//!
//! Every function takes a client for the length of one statement or two, so that a pool of one is enough.

mod candidates;
mod checks;
mod chunks;
mod clusters;
mod conflicts;
mod datasets;
mod documents;
mod embeddings;
mod events;
mod evidence;
mod feedback;
mod interactions;
mod knowledge;
mod rescoring;
mod search;
mod sessions;
mod status;
mod trust;
mod unanswered;
mod versions;

pub use candidates::{Comparable, WordSample, candidates, comparable_passages, settle_index};
pub use checks::{Check, Wanted, check_of_document, checks_of_session, last_check, unchecked};
pub use chunks::{Chunk, chunks_of};
pub use clusters::{CLUSTER_MEMBERS_MAX, Cluster, ClusterMember, cluster_of};
pub use conflicts::{Conflict, ConflictFilter, conflict_of, conflicts, open_conflicts};
pub use datasets::{Dataset, dataset, datasets};
pub use documents::{
    Document, DocumentFilter, Duplicate, decided_documents, document, document_counts, documents,
    documents_among, duplicates_of, is_content,
};
pub use embeddings::{embedded_counts, known_vectors, newest_positions, unembedded};
pub use events::{EventFilter, EventRow, FoldedEvent, event_keys, events, folded_after, subject_of};
pub use evidence::{Asked, Evidence, EvidenceRequest, evidence, vectors_of};
pub use feedback::{Feedback, feedback, feedback_of};
pub use interactions::{Interaction, interaction, interactions_of};
pub use knowledge::{Knowledge, ValidationScore, knowledge, validation_scores};
pub use rescoring::{
    EarlierJudgement, RuleFound, ScoreChange, compared_before, earlier_judgements, outdated_judgements,
};
pub use search::{
    Filter, HIGHLIGHT_END, HIGHLIGHT_START, IndexedBy, Mode, QueryVector, Reader, SearchHit, SearchRequest,
    SearchSupport, Searched, Standing, VectorSupport, Why, is_before_halves, search, search_support,
};
pub(crate) use search::{compared, index_name, indexed_rows};
pub use sessions::{Session, session, sessions};
pub use status::{StatusCount, view_counts};
pub use trust::{Trust, trusted_documents};
pub use unanswered::Unanswered;
pub use versions::{NewestVersion, OtherVersion, Version, newest_versions, other_versions, versions_of};

use jiff::Timestamp;
use uuid::Uuid;

/// Where a listing that is newest first goes on: after the row with this time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// When the last row that was seen happened.
    pub time: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// A row as it is read: a struct whose fields are SQL expressions, with its select list and its reader.
macro_rules! row {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty = $sql:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)+
        }

        impl $name {
            const COLUMNS: &'static str = concat!("select ", row!(@list $($field $sql),+));

            fn read(row: &read_store::Row) -> Self {
                Self { $($field: row.get(stringify!($field)),)+ }
            }
        }
    };
    (@list $field:ident $sql:literal) => { concat!($sql, " as ", stringify!($field)) };
    (@list $field:ident $sql:literal, $($rest:tt)+) => {
        concat!($sql, " as ", stringify!($field), ", ", row!(@list $($rest)+))
    };
}
use row;
