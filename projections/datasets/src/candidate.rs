//! Which examples could be rows of a dataset, and what the read models hold against each. One statement, so that all are
//! judged as of one moment.

use event_model::{Tenant, family::dataset::DatasetKind};
use read_store::{Row, Store};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DatasetError;

/// Why a candidate was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person rejected its document.
    ReviewRejected,
    /// Nobody has judged its document yet.
    NotValidated,
    /// Its document failed a rule that decides.
    ValidationRejected,
    /// Its document has the same text as one that was received earlier.
    ExactDuplicate,
    /// Its document has nearly the same text as one that was received earlier.
    NearDuplicate,
    /// An earlier row of the dataset is the same.
    SameRow,
    /// One of its texts is missing or empty, which no trainer can use.
    EmptyText,
}

/// What could be a row.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The example.
    pub(crate) id: Uuid,
    /// Digest of the example's row, to notice when it changes.
    pub(crate) row_digest: String,
    /// What is held against it.
    pub(crate) against: Option<Reason>,
    /// The document that it repeats.
    pub(crate) duplicate_of: Option<Uuid>,
}

/// All candidates of a kind, by id; only `example`, if one is named.
pub(crate) async fn candidates(
    store: &Store,
    tenant: &Tenant,
    kind: DatasetKind,
    example: Option<Uuid>,
) -> Result<Vec<Candidate>, DatasetError> {
    let client = store.client().await?;
    let rows = client
        .query(include_str!("select_candidates.sql"), &[&tenant.0, &kind.as_str(), &example])
        .await
        .map_err(read_store::StoreError::from)?;
    rows.iter().map(candidate).collect()
}

fn candidate(row: &Row) -> Result<Candidate, DatasetError> {
    let against = row.get::<_, Option<&str>>(2).map(reason).transpose()?;
    Ok(Candidate { id: row.get(0), row_digest: row.get(1), against, duplicate_of: row.get(3) })
}

fn reason(said: &str) -> Result<Reason, DatasetError> {
    Ok(match said {
        "review_rejected" => Reason::ReviewRejected,
        "not_validated" => Reason::NotValidated,
        "validation_rejected" => Reason::ValidationRejected,
        "exact_duplicate" => Reason::ExactDuplicate,
        "near_duplicate" => Reason::NearDuplicate,
        other => {
            return Err(DatasetError::Unknown {
                expected: "a reason to leave a row out",
                said: other.into(),
            });
        }
    })
}
