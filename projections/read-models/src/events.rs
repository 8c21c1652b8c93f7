//! Events: every event as a row, for looking at the log with SQL and for lineage.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use read_store::{Json, StoreError, Transaction, bulk::COPY_ROWS_MIN};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    projection::{Projected, Projection},
    table::{self, table_row},
};

const TABLE: &str = "events_v2";

/// The read model `events`.
pub(crate) struct Events;

table_row! {
    /// An event.
    struct EventRow {
        partition: i32,
        position: i64,
        event_id: Uuid,
        tenant: String,
        r#type: String,
        subject: String,
        source: String,
        time: Timestamp,
        recorded_at: Timestamp,
        causation_id: Option<Uuid>,
        correlation_id: Option<Uuid>,
        partitionkey: String,
        datasubject: Option<String>,
        data: Json<Box<RawValue>>,
    }
}

#[async_trait]
impl Projection for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self, _event_type: &str) -> bool {
        true
    }

    fn create_sql(&self) -> &'static str {
        include_str!("events/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["events_v2_event_id", "events_v2_subject", "events_v2_causation", "events_v2_datasubject"]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let rows: Vec<EventRow> = events.iter().map(|event| row(event)).collect();
        let rows: Vec<&EventRow> = rows.iter().collect();
        if rows.len() >= COPY_ROWS_MIN && none_is_there(tx, &rows).await? {
            return table::append(tx, TABLE, &rows).await;
        }
        table::upsert(tx, TABLE, "partition, position", &rows).await
    }
}

/// Whether no row is in the table yet, nor any between them.
async fn none_is_there(tx: &Transaction<'_>, rows: &[&EventRow]) -> Result<bool, StoreError> {
    let mut spans: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let span = spans.entry(row.partition).or_insert((row.position, row.position));
        *span = (span.0.min(row.position), span.1.max(row.position));
    }
    let sql =
        format!("select exists (select from {TABLE} where partition = $1 and position between $2 and $3)");
    for (partition, (first, last)) in spans {
        if tx.query_one(&sql, &[&partition, &first, &last]).await?.get(0) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn row(projected: &Projected) -> EventRow {
    let event = &projected.event;
    EventRow {
        partition: projected.partition_column(),
        position: projected.position_column(),
        event_id: event.id,
        tenant: projected.tenant_column(),
        r#type: event.event_type.to_string(),
        subject: event.subject.to_string(),
        source: event.source.to_string(),
        time: event.time,
        recorded_at: event.recordedtime,
        causation_id: event.causationid,
        correlation_id: event.correlationid,
        partitionkey: event.partitionkey.to_string(),
        datasubject: event.datasubject.as_deref().map(str::to_owned),
        data: Json(event.data.clone().into_owned()),
    }
}
