//! Feedback: what people think of answers, and whether they still do.

use async_trait::async_trait;
use event_model::{Fact, family::feedback::Verdict};
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Belonging, OWNED, Projected, Projection},
    table::table_row,
};

const TABLE: &str = "feedback_v2";

/// The read model `feedback`.
pub(crate) struct Feedback;

table_row! {
    /// A verdict on an answer.
    struct FeedbackRow {
        id: Uuid,
        session_id: Uuid,
        interaction_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        kind: String,
        verdict: Value,
        user_name: Option<String>,
        comment: Option<String>,
        withdrawn: bool,
        given_at: Timestamp,
        event_id: Uuid,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Feedback {
    fn name(&self) -> &'static str {
        "feedback"
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self, event_type: &str) -> bool {
        matches!(event_type, "feedback.given" | "feedback.withdrawn")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("feedback/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["feedback_v2_interaction", "feedback_v2_session"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &FeedbackRow| row.id).await?;
        for event in events {
            let Some(id) = event.subject else { continue };
            if let Some(row) = after(rows.get(id), id, event) {
                rows.put(id, row);
            }
        }
        rows.write(tx).await
    }
}

fn after(row: Option<&FeedbackRow>, id: Uuid, event: &Projected) -> Option<FeedbackRow> {
    let fact = event.fact.as_deref()?;
    let replaced = |row: &&FeedbackRow| {
        event.position_column() > row.position
            && matches!(fact, Fact::FeedbackGiven(_))
            && event.may_replace(row.datasubject.as_deref())
    };
    match (row.filter(|row| !replaced(row)), fact) {
        (None, Fact::FeedbackGiven(data)) => Some(FeedbackRow {
            id,
            session_id: data.session,
            interaction_id: data.interaction,
            tenant: event.tenant_column(),
            datasubject: event.datasubject_column(),
            kind: kind(&data.verdict).to_owned(),
            verdict: serde_json::to_value(&data.verdict).ok()?,
            user_name: data.user.clone(),
            comment: data.comment.clone(),
            withdrawn: false,
            given_at: event.event.recordedtime,
            event_id: event.event.id,
            partition: event.partition_column(),
            position: event.position_column(),
        }),
        (Some(row), Fact::FeedbackWithdrawn(_))
            if !row.withdrawn
                && event.position_column() > row.position
                && event.may_touch(row.datasubject.as_deref()) =>
        {
            Some(FeedbackRow { withdrawn: true, position: event.position_column(), ..row.clone() })
        }
        _ => None,
    }
}

/// The verdict's kind, as in events.
fn kind(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Thumbs { .. } => "thumbs",
        Verdict::Rating { .. } => "rating",
        Verdict::Correction { .. } => "correction",
        Verdict::Preference { .. } => "preference",
        Verdict::Labels { .. } => "labels",
    }
}
