//! Interactions: questions and their answers. Of several answers to one question the first in the log holds.

use async_trait::async_trait;
use event_model::Fact;
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Belonging, OWNED, Projected, Projection},
    table::table_row,
};

const TABLE: &str = "interactions_v2";

/// The read model `interactions`.
pub(crate) struct Interactions;

table_row! {
    /// A question and its answer.
    struct InteractionRow {
        id: Uuid,
        session_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        prompt: String,
        status: String,
        model: Option<String>,
        answer: Option<String>,
        citations: Option<Value>,
        failure: Option<String>,
        prompted_at: Timestamp,
        answered_at: Option<Timestamp>,
        prompted_event: Uuid,
        answered_event: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Interactions {
    fn name(&self) -> &'static str {
        "interactions"
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self, event_type: &str) -> bool {
        matches!(event_type, "interaction.prompted" | "interaction.answered" | "interaction.failed")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("interactions/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["interactions_v2_session"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &InteractionRow| row.id).await?;
        for event in events {
            let Some(id) = event.subject else { continue };
            if let Some(row) = after(rows.get(id), id, event) {
                rows.put(id, row);
            }
        }
        rows.write(tx).await
    }
}

fn after(row: Option<&InteractionRow>, id: Uuid, event: &Projected) -> Option<InteractionRow> {
    let fact = event.fact.as_deref()?;
    let Some(row) = row else { return prompted(id, event, fact) };
    let late = event.position_column() <= row.position;
    if !late && event.may_replace(row.datasubject.as_deref()) && matches!(fact, Fact::InteractionPrompted(_))
    {
        return prompted(id, event, fact);
    }
    if late || row.status == "answered" || !event.may_touch(row.datasubject.as_deref()) {
        return None;
    }
    let mut row = InteractionRow { position: event.position_column(), ..row.clone() };
    match fact {
        Fact::InteractionAnswered(data) => {
            "answered".clone_into(&mut row.status);
            row.model = Some(data.model.clone());
            row.answer = Some(data.answer.clone());
            row.citations = serde_json::to_value(&data.citations).ok();
            row.failure = None;
            row.answered_at = Some(event.event.recordedtime);
            row.answered_event = Some(event.event.id);
        }
        Fact::InteractionFailed(data) if row.status == "prompted" => {
            "failed".clone_into(&mut row.status);
            row.failure = Some(data.reason.clone());
        }
        _ => return None,
    }
    Some(row)
}

fn prompted(id: Uuid, event: &Projected, fact: &Fact) -> Option<InteractionRow> {
    let Fact::InteractionPrompted(data) = fact else { return None };
    Some(InteractionRow {
        id,
        session_id: data.session,
        tenant: event.tenant_column(),
        datasubject: event.datasubject_column(),
        prompt: data.prompt.clone(),
        status: "prompted".to_owned(),
        model: None,
        answer: None,
        citations: None,
        failure: None,
        prompted_at: event.event.recordedtime,
        answered_at: None,
        prompted_event: event.event.id,
        answered_event: None,
        partition: event.partition_column(),
        position: event.position_column(),
    })
}
