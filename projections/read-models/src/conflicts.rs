//! Conflicts: passages that contradict each other, and what a person decided. Not whether their documents are still in use, which
//! other keys say: that is the view `conflict_states`.

use async_trait::async_trait;
use event_model::{
    Fact,
    family::conflict::{ConflictDetected, ConflictResolved},
};
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Belonging, OWNED, Projected, Projection},
    table::{integer, table_row},
};

const TABLE: &str = "conflicts_v1";

/// The read model `conflicts`.
pub(crate) struct Conflicts;

table_row! {
    /// A conflict.
    struct ConflictRow {
        id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        kind: String,
        confidence: f64,
        rules_version: Option<i32>,
        left_document: Uuid,
        left_passage: Value,
        right_document: Uuid,
        right_passage: Value,
        detected_at: Timestamp,
        event_id: Uuid,
        resolved_at: Option<Timestamp>,
        resolved_event: Option<Uuid>,
        resolved_by: Option<String>,
        keep: Option<Uuid>,
        comment: Option<String>,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Conflicts {
    fn name(&self) -> &'static str {
        "conflicts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        matches!(event_type, "conflict.detected" | "conflict.resolved")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("conflicts/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["conflicts_v1_listing", "conflicts_v1_left", "conflicts_v1_right"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &ConflictRow| row.id).await?;
        for event in events {
            let Some(id) = event.subject else { continue };
            if let Some(row) = after(rows.get(id), id, event) {
                rows.put(id, row);
            }
        }
        rows.write(tx).await
    }
}

/// The row after `event`; none if it takes no effect.
fn after(row: Option<&ConflictRow>, id: Uuid, event: &Projected) -> Option<ConflictRow> {
    let fact = event.fact.as_deref()?;
    if row.is_some_and(|row| event.position_column() <= row.position) {
        return None;
    }
    match (row, fact) {
        (None, Fact::ConflictDetected(data)) => detected(id, data, event),
        (Some(row), Fact::ConflictDetected(data)) if event.may_replace(row.datasubject.as_deref()) => {
            detected(id, data, event)
        }
        (Some(row), _) if !event.may_touch(row.datasubject.as_deref()) => None,
        // Of the same rules the first finding holds. Later rules may be surer of it; what a person decided stays.
        (Some(row), Fact::ConflictDetected(data)) if data.rules_version.map(integer) > row.rules_version => {
            Some(ConflictRow {
                resolved_at: row.resolved_at,
                resolved_event: row.resolved_event,
                resolved_by: row.resolved_by.clone(),
                keep: row.keep,
                comment: row.comment.clone(),
                datasubject: row.datasubject.clone(),
                detected_at: row.detected_at,
                ..detected(id, data, event)?
            })
        }
        (Some(row), Fact::ConflictResolved(data)) => Some(resolved(row, data, event)),
        _ => None,
    }
}

fn detected(id: Uuid, data: &ConflictDetected, event: &Projected) -> Option<ConflictRow> {
    Some(ConflictRow {
        id,
        tenant: event.tenant_column(),
        datasubject: event.datasubject_column(),
        kind: data.kind.clone(),
        confidence: data.confidence,
        rules_version: data.rules_version.map(integer),
        left_document: data.left.document,
        left_passage: serde_json::to_value(&data.left).ok()?,
        right_document: data.right.document,
        right_passage: serde_json::to_value(&data.right).ok()?,
        detected_at: event.event.recordedtime,
        event_id: event.event.id,
        resolved_at: None,
        resolved_event: None,
        resolved_by: None,
        keep: None,
        comment: None,
        partition: event.partition_column(),
        position: event.position_column(),
    })
}

/// The last decision holds.
fn resolved(row: &ConflictRow, data: &ConflictResolved, event: &Projected) -> ConflictRow {
    ConflictRow {
        resolved_at: Some(event.event.recordedtime),
        resolved_event: Some(event.event.id),
        resolved_by: Some(data.resolved_by.clone()),
        keep: data.keep,
        comment: data.comment.clone(),
        position: event.position_column(),
        ..row.clone()
    }
}
