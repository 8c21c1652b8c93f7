//! Validation scores: what each rule found in each document's text.

use std::collections::BTreeMap;

use async_trait::async_trait;
use event_model::family::knowledge::KnowledgeValidated;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Sets,
    life::{Life, Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{integer, table_row},
};

const TABLE: &str = "validation_scores_v3";
const LIVES: &str = "validation_scores_documents_v3";

/// The read model `validation_scores`.
pub(crate) struct ValidationScores;

table_row! {
    /// What one rule found.
    struct ScoreRow {
        document_id: Uuid,
        rule: String,
        tenant: String,
        version: i32,
        passed: bool,
        value: f64,
        threshold: f64,
        evidence: Option<String>,
        event_id: Uuid,
    }
}

#[async_trait]
impl Projection for ValidationScores {
    fn name(&self) -> &'static str {
        "validation_scores"
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type) || event_type == "knowledge.validated"
    }

    fn create_sql(&self) -> &'static str {
        include_str!("validation_scores/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES]
    }

    fn belongings(&self) -> &'static [Belonging] {
        const ROWS: &str = "document_id in (select document_id from validation_scores_documents_v3 where tenant = $1 and datasubject = $2)";
        &[Belonging { table: TABLE, rows: ROWS }, Belonging { table: LIVES, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let mut scores = Sets::new(TABLE, "document_id", "document_id, rule");
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            match step {
                Step::Validated(data) => scores.replace(life.document_id, rows(&life, data, event.event.id)),
                Step::Received(_) | Step::Parsed(_) | Step::Rejected(_) | Step::Deleted => {
                    scores.replace(life.document_id, Vec::new());
                }
                _ => {}
            }
        }
        lives.write(tx).await?;
        scores.write(tx).await
    }
}

/// One row a rule; of a rule that is named twice the later finding holds.
fn rows(life: &Life, data: &KnowledgeValidated, event_id: Uuid) -> Vec<ScoreRow> {
    let by_rule: BTreeMap<&str, ScoreRow> = data
        .scores
        .iter()
        .map(|score| {
            let row = ScoreRow {
                document_id: life.document_id,
                rule: score.rule.clone(),
                tenant: life.tenant.clone(),
                version: integer(score.version),
                passed: score.passed,
                value: score.value,
                threshold: score.threshold,
                evidence: score.evidence.clone(),
                event_id,
            };
            (score.rule.as_str(), row)
        })
        .collect();
    by_rule.into_values().collect()
}
