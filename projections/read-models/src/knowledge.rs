//! Knowledge: what is thought of each document's text, by the validators and by people.

use async_trait::async_trait;
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    life::{Life, Lives, Step, is_document_event},
    projection::{Projected, Projection},
    table::{blob, integer, table_row},
};

const TABLE: &str = "knowledge_v1";
const LIVES: &str = "knowledge_documents_v1";

/// The read model `knowledge`.
pub(crate) struct Knowledge;

table_row! {
    /// What is thought of one document.
    struct KnowledgeRow {
        document_id: Uuid,
        tenant: String,
        accepted: Option<bool>,
        profile: Option<String>,
        rules_version: Option<i32>,
        quality: Option<f64>,
        text_hash: Option<String>,
        bands: Vec<i64>,
        review: Option<String>,
        reviewer: Option<String>,
        review_comment: Option<String>,
        failure: Option<String>,
        validated_at: Option<Timestamp>,
        event_id: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Knowledge {
    fn name(&self) -> &'static str {
        "knowledge"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type)
            || matches!(event_type, "knowledge.validated" | "knowledge.failed" | "knowledge.reviewed")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("knowledge/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows =
            Keyed::load(tx, TABLE, "document_id", ids, |row: &KnowledgeRow| row.document_id).await?;
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            match step {
                // Another text, or none: what was thought of the earlier one no longer holds.
                Step::Parsed(_) | Step::Rejected(_) | Step::Deleted => rows.remove(life.document_id),
                Step::Validated(_) | Step::Failed(_) | Step::Reviewed(_) => {
                    let row = rows.get(life.document_id).cloned().unwrap_or_else(|| KnowledgeRow::new(&life));
                    rows.put(life.document_id, row.after(step, event));
                }
                Step::Received(_) | Step::Superseded(_) => {}
            }
        }
        lives.write(tx).await?;
        rows.write(tx).await
    }
}

impl KnowledgeRow {
    fn new(life: &Life) -> Self {
        Self {
            document_id: life.document_id,
            tenant: life.tenant.clone(),
            accepted: None,
            profile: None,
            rules_version: None,
            quality: None,
            text_hash: None,
            bands: Vec::new(),
            review: None,
            reviewer: None,
            review_comment: None,
            failure: None,
            validated_at: None,
            event_id: None,
            partition: life.partition,
            position: life.position,
        }
    }

    fn after(mut self, step: Step<'_>, event: &Projected) -> Self {
        match step {
            Step::Validated(data) => {
                self.accepted = Some(data.accepted);
                self.profile = Some(data.profile.clone());
                self.rules_version = Some(integer(data.rules_version));
                self.quality = Some(data.quality);
                self.text_hash = Some(blob(&data.text_hash));
                self.bands.clone_from(&data.bands);
                self.failure = None;
                self.validated_at = Some(event.event.recordedtime);
                self.event_id = Some(event.event.id);
            }
            Step::Failed(data) => self.failure = Some(format!("{}: {}", data.role, data.reason)),
            Step::Reviewed(data) => {
                self.review = Some(if data.accepted { "accepted" } else { "rejected" }.to_owned());
                self.reviewer = Some(data.reviewer.clone());
                self.review_comment.clone_from(&data.comment);
            }
            _ => {}
        }
        self.position = event.position_column();
        self
    }
}
