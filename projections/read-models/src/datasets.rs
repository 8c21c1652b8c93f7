//! Datasets: what was asked for, and what became of it.

use async_trait::async_trait;
use event_model::Fact;
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Projected, Projection},
    table::{bigint, blob, table_row},
};

const TABLE: &str = "datasets_v2";

/// The read model `datasets`.
pub(crate) struct Datasets;

table_row! {
    /// A dataset.
    struct DatasetRow {
        id: Uuid,
        tenant: String,
        name: String,
        kind: String,
        include_rejected: bool,
        status: String,
        rows: Option<i64>,
        size_bytes: Option<i64>,
        left_out: Option<i64>,
        content: Option<String>,
        manifest: Option<String>,
        published_to: Option<String>,
        withdrawn_because: Option<String>,
        requested_at: Timestamp,
        built_at: Option<Timestamp>,
        requested_event: Uuid,
        built_event: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Datasets {
    fn name(&self) -> &'static str {
        "datasets"
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self, event_type: &str) -> bool {
        matches!(
            event_type,
            "dataset.requested" | "dataset.built" | "dataset.published" | "dataset.withdrawn"
        )
    }

    fn create_sql(&self) -> &'static str {
        include_str!("datasets/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["datasets_v2_listing"]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &DatasetRow| row.id).await?;
        for event in events {
            let Some(id) = event.subject else { continue };
            if let Some(row) = after(rows.get(id), id, event) {
                rows.put(id, row);
            }
        }
        rows.write(tx).await
    }
}

fn after(row: Option<&DatasetRow>, id: Uuid, event: &Projected) -> Option<DatasetRow> {
    let fact = event.fact.as_deref()?;
    let Some(row) = row else { return requested(id, event, fact) };
    if event.position_column() <= row.position {
        return None;
    }
    let mut row = DatasetRow { position: event.position_column(), ..row.clone() };
    match fact {
        // A build is a pure function of the rows at its time; the first in the log is the one that is published.
        Fact::DatasetBuilt(data) if row.status == "requested" => {
            "built".clone_into(&mut row.status);
            row.rows = Some(bigint(data.rows));
            row.size_bytes = Some(bigint(data.size_bytes));
            row.left_out = Some(bigint(data.left_out));
            row.content = Some(blob(&data.content));
            row.manifest = Some(blob(&data.manifest));
            row.built_at = Some(event.event.recordedtime);
            row.built_event = Some(event.event.id);
        }
        // Its blobs are gone for ever, whatever is said of it afterwards.
        Fact::DatasetWithdrawn(data) if matches!(row.status.as_str(), "built" | "published") => {
            "withdrawn".clone_into(&mut row.status);
            row.withdrawn_because = Some(data.reason.clone());
        }
        Fact::DatasetPublished(data) if matches!(row.status.as_str(), "built" | "published") => {
            "published".clone_into(&mut row.status);
            row.published_to = Some(data.target.clone());
        }
        _ => return None,
    }
    Some(row)
}

fn requested(id: Uuid, event: &Projected, fact: &Fact) -> Option<DatasetRow> {
    let Fact::DatasetRequested(data) = fact else { return None };
    Some(DatasetRow {
        id,
        tenant: event.tenant_column(),
        name: data.name.clone(),
        kind: data.kind.as_str().to_owned(),
        include_rejected: data.include_rejected,
        status: "requested".to_owned(),
        rows: None,
        size_bytes: None,
        left_out: None,
        content: None,
        manifest: None,
        published_to: None,
        withdrawn_because: None,
        requested_at: event.event.recordedtime,
        built_at: None,
        requested_event: event.event.id,
        built_event: None,
        partition: event.partition_column(),
        position: event.position_column(),
    })
}
