//! Knowledge: what is thought of each document's text, by the validators and by people. Of several versions of the rules the newest
//! holds, whenever it judged; what earlier ones made of the same text is kept beside it.

mod earlier;

use std::collections::BTreeSet;

use async_trait::async_trait;
use event_model::family::knowledge::{KnowledgeReviewed, KnowledgeValidated};
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use serde_json::Value;
use uuid::Uuid;

use self::earlier::Judged;
use crate::{
    keyed::Keyed,
    life::{Life, Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection, forget_belongings},
    table::{self, blob, integer, table_row},
};

const TABLE: &str = "knowledge_v4";
const LIVES: &str = "knowledge_documents_v4";
const REVIEWS: &str = "knowledge_reviews_v4";

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
        earlier: Value,
        partition: i32,
        position: i64,
    }
}

table_row! {
    /// A person's verdict on one document.
    struct ReviewRow {
        event_id: Uuid,
        document_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        accepted: bool,
        reviewer: String,
        comment: Option<String>,
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
        4
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type)
            || matches!(event_type, "knowledge.validated" | "knowledge.failed" | "knowledge.reviewed")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("knowledge/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES, REVIEWS]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["knowledge_v4_bands", "knowledge_v4_text_hash", "knowledge_v4_rules_version"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        const ROWS: &str = "document_id in (select document_id from knowledge_documents_v4 where tenant = $1 and datasubject = $2)";
        const VERDICTS: &str = "tenant = $1 and datasubject = $2 or document_id in
            (select document_id from knowledge_documents_v4 where tenant = $1 and datasubject = $2)";
        &[
            Belonging { table: TABLE, rows: ROWS },
            Belonging { table: REVIEWS, rows: VERDICTS },
            Belonging { table: LIVES, rows: OWNED },
        ]
    }

    /// What is left of the verdicts on other people's documents holds.
    async fn forget(&self, tx: &Transaction<'_>, tenant: &str, subject: &str) -> Result<u64, StoreError> {
        let judged = format!("select distinct document_id from {REVIEWS} where {OWNED}");
        let judged = tx.query(&judged, &[&tenant, &subject]).await?;
        let documents: Vec<Uuid> = judged.iter().map(|row| row.get(0)).collect();
        let removed = forget_belongings(tx, self.belongings(), tenant, subject).await?;
        let mut judgements = Judgements::load(tx, documents.iter().copied()).await?;
        for document in documents {
            judgements.count_verdicts(document);
        }
        Ok(removed + judgements.write(tx).await?)
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let mut judgements = Judgements::load(tx, events.iter().filter_map(|event| event.subject)).await?;
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            match step {
                // Another text, or none: what was thought of the earlier one no longer holds.
                Step::Received(_) | Step::Parsed(_) | Step::Rejected(_) | Step::Deleted => {
                    judgements.remove(life.document_id);
                }
                Step::Validated { data, repeats_cause } => {
                    if let Some(row) = judgements.row(&life).judged(data, repeats_cause, event) {
                        judgements.rows.put(life.document_id, row);
                    }
                }
                Step::Failed(data) => {
                    let failure = Some(format!("{}: {}", data.role, data.reason));
                    let row = judgements.row(&life);
                    let row = KnowledgeRow { failure, position: event.position_column(), ..row };
                    judgements.rows.put(life.document_id, row);
                }
                Step::Reviewed(data) => {
                    let row = judgements.row(&life);
                    judgements.rows.put(life.document_id, row);
                    judgements.reviews.put(event.event.id, review(&life, data, event));
                    judgements.count_verdicts(life.document_id);
                }
                Step::Superseded(_) | Step::Embedded(_) | Step::Checked(_) => {}
            }
        }
        lives.write(tx).await?;
        judgements.write(tx).await
    }
}

/// The rows of some documents with the verdicts behind them.
struct Judgements {
    rows: Keyed<KnowledgeRow>,
    reviews: Keyed<ReviewRow>,
}

impl Judgements {
    async fn load(
        tx: &Transaction<'_>,
        documents: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = documents.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let reviews = table::load::<ReviewRow>(tx, REVIEWS, "document_id", &ids).await?;
        let rows = Keyed::load(tx, TABLE, "document_id", ids, |row: &KnowledgeRow| row.document_id).await?;
        Ok(Self { rows, reviews: Keyed::of(REVIEWS, "event_id", reviews, |row: &ReviewRow| row.event_id) })
    }

    fn row(&self, life: &Life) -> KnowledgeRow {
        self.rows.get(life.document_id).cloned().unwrap_or_else(|| KnowledgeRow::new(life))
    }

    fn verdicts(&self, document: Uuid) -> impl Iterator<Item = &ReviewRow> {
        self.reviews.rows().filter(move |row| row.document_id == document)
    }

    /// The text is another one, or gone: what was thought of it no longer holds.
    fn remove(&mut self, document: Uuid) {
        self.rows.remove(document);
        let gone: Vec<Uuid> = self.verdicts(document).map(|row| row.event_id).collect();
        for id in gone {
            self.reviews.remove(id);
        }
    }

    /// Of several verdicts the last holds; a row that nobody judged goes with its last verdict.
    fn count_verdicts(&mut self, document: Uuid) {
        let Some(mut row) = self.rows.get(document).cloned() else { return };
        let last = self.verdicts(document).max_by_key(|verdict| verdict.position).cloned();
        if last.is_none() && !row.is_judged() {
            return self.rows.remove(document);
        }
        if let Some(last) = last.as_ref().filter(|_| !row.is_judged()) {
            row.position = last.position;
        }
        let verdict = |accepted| if accepted { "accepted" } else { "rejected" }.to_owned();
        row.review = last.as_ref().map(|last| verdict(last.accepted));
        row.reviewer = last.as_ref().map(|last| last.reviewer.clone());
        row.review_comment = last.and_then(|last| last.comment);
        self.rows.put(document, row);
    }

    async fn write(&self, tx: &Transaction<'_>) -> Result<u64, StoreError> {
        self.reviews.write(tx).await?;
        self.rows.write(tx).await
    }
}

fn review(life: &Life, data: &KnowledgeReviewed, event: &Projected) -> ReviewRow {
    ReviewRow {
        event_id: event.event.id,
        document_id: life.document_id,
        tenant: event.tenant_column(),
        datasubject: event.datasubject_column(),
        accepted: data.accepted,
        reviewer: data.reviewer.clone(),
        comment: data.comment.clone(),
        partition: event.partition_column(),
        position: event.position_column(),
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
            earlier: Value::Array(Vec::new()),
            partition: life.partition,
            position: life.position,
        }
    }

    /// Whether validators said something of it, not only people.
    fn is_judged(&self) -> bool {
        self.event_id.is_some() || self.failure.is_some()
    }

    /// The row with another judgement; none if it says nothing new: of several of one cause by the same rules the first in the
    /// log holds.
    fn judged(mut self, data: &KnowledgeValidated, repeats_cause: bool, event: &Projected) -> Option<Self> {
        let version = integer(data.rules_version);
        let known = self.rules_version == Some(version) || earlier::has(&self.earlier, version);
        if known && repeats_cause {
            return None;
        }
        self.position = event.position_column();
        if self.rules_version > Some(version) {
            earlier::put(&mut self.earlier, &Judged::by(data, event));
            return Some(self);
        }
        if let Some(before) = Judged::of_row(&self).filter(|before| before.rules_version != version) {
            earlier::put(&mut self.earlier, &before);
        }
        self.accepted = Some(data.accepted);
        self.profile = Some(data.profile.clone());
        self.rules_version = Some(version);
        self.quality = Some(data.quality);
        self.text_hash = Some(blob(&data.text_hash));
        self.bands.clone_from(&data.bands);
        self.failure = None;
        self.validated_at = Some(event.event.recordedtime);
        self.event_id = Some(event.event.id);
        Some(self)
    }
}
