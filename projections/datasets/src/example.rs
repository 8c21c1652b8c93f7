//! An example as the read model holds it.

use event_model::family::dataset::DatasetKind;
use read_store::{Row, Store, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DatasetError;

/// What an example was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A passage of a document.
    Document,
    /// A question, its answer and what people said about it.
    Interaction,
}

/// A row that a dataset could have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// Its shape.
    pub kind: DatasetKind,
    /// What it was made from.
    pub source_kind: SourceKind,
    /// The document or the interaction.
    pub source_id: Uuid,
    /// Which of the source's examples of this kind.
    pub ordinal: i32,
    /// The question, or where a passage stands.
    pub prompt: String,
    /// The answer or the passage.
    pub completion: Option<String>,
    /// The better of two answers.
    pub chosen: Option<String>,
    /// The worse of two answers.
    pub rejected: Option<String>,
    /// Whether the answer is wanted.
    pub label: Option<bool>,
    /// Every event it came from.
    pub event_ids: Vec<Uuid>,
    /// Digest of the row, to notice when it changes.
    #[serde(skip)]
    pub(crate) row_digest: String,
}

/// The examples with these ids that are still there, by id.
pub(crate) async fn load(store: &Store, ids: &[Uuid]) -> Result<Vec<Example>, DatasetError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached(
            "select id, tenant, kind, source_kind, source_id, ordinal, prompt, completion, chosen, rejected, label,
                    event_ids, md5(e::text)
             from elite.dataset_examples e where id = any($1) order by id",
        )
        .await
        .map_err(StoreError::from)?;
    let rows = client.query(&statement, &[&ids]).await.map_err(StoreError::from)?;
    rows.iter().map(example).collect()
}

fn example(row: &Row) -> Result<Example, DatasetError> {
    Ok(Example {
        id: row.get(0),
        tenant: row.get(1),
        kind: kind(row.get(2))?,
        source_kind: source_kind(row.get(3))?,
        source_id: row.get(4),
        ordinal: row.get(5),
        prompt: row.get(6),
        completion: row.get(7),
        chosen: row.get(8),
        rejected: row.get(9),
        label: row.get(10),
        event_ids: row.get(11),
        row_digest: row.get(12),
    })
}

fn kind(said: &str) -> Result<DatasetKind, DatasetError> {
    use DatasetKind::{Completion, Kto, Preference, Sft};
    [Sft, Preference, Kto, Completion]
        .into_iter()
        .find(|kind| kind.as_str() == said)
        .ok_or_else(|| DatasetError::Unknown { expected: "a kind of dataset", said: said.to_owned() })
}

fn source_kind(said: &str) -> Result<SourceKind, DatasetError> {
    match said {
        "document" => Ok(SourceKind::Document),
        "interaction" => Ok(SourceKind::Interaction),
        other => Err(DatasetError::Unknown { expected: "a kind of source", said: other.to_owned() }),
    }
}
