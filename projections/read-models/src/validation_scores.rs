//! Validation scores: what each rule found in each document's text. What earlier rules found stays beside what later ones find.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use event_model::family::knowledge::KnowledgeValidated;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Sets,
    life::{Life, Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{self, integer, table_row},
};

const TABLE: &str = "validation_scores_v4";
const LIVES: &str = "validation_scores_documents_v4";

/// The read model `validation_scores`.
pub(crate) struct ValidationScores;

table_row! {
    /// What one rule found.
    struct ScoreRow {
        document_id: Uuid,
        rules_version: i32,
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
        4
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
        const ROWS: &str = "document_id in (select document_id from validation_scores_documents_v4 where tenant = $1 and datasubject = $2)";
        &[Belonging { table: TABLE, rows: ROWS }, Belonging { table: LIVES, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let mut scores = Scores::load(tx, events).await?;
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            match step {
                Step::Validated { data, repeats_cause } => {
                    scores.judged(&life, data, repeats_cause, event.event.id);
                }
                Step::Received(_) | Step::Parsed(_) | Step::Rejected(_) | Step::Deleted => {
                    scores.put(life.document_id, Vec::new());
                }
                _ => {}
            }
        }
        lives.write(tx).await?;
        scores.changed.write(tx).await
    }
}

/// The scores of the documents that a batch judges, by every version of the rules.
struct Scores {
    rows: BTreeMap<Uuid, Vec<ScoreRow>>,
    changed: Sets<ScoreRow>,
}

impl Scores {
    async fn load(tx: &Transaction<'_>, events: &[&Projected]) -> Result<Self, StoreError> {
        let judged = events.iter().filter(|event| &*event.event.event_type == "knowledge.validated");
        let ids: Vec<Uuid> =
            judged.filter_map(|event| event.subject).collect::<BTreeSet<_>>().into_iter().collect();
        let mut rows: BTreeMap<Uuid, Vec<ScoreRow>> = BTreeMap::new();
        for row in table::load::<ScoreRow>(tx, TABLE, "document_id", &ids).await? {
            rows.entry(row.document_id).or_default().push(row);
        }
        Ok(Self { rows, changed: Sets::new(TABLE, "document_id", "document_id, rules_version, rule") })
    }

    /// Of several judgements of one cause by the same rules the first in the log holds.
    fn judged(&mut self, life: &Life, data: &KnowledgeValidated, repeats_cause: bool, event_id: Uuid) {
        let by_these = |row: &ScoreRow| row.rules_version == integer(data.rules_version);
        let mut all = self.rows.get(&life.document_id).cloned().unwrap_or_default();
        if repeats_cause && all.iter().any(by_these) {
            return;
        }
        all.retain(|row| !by_these(row));
        all.extend(rows(life, data, event_id));
        self.put(life.document_id, all);
    }

    fn put(&mut self, document: Uuid, rows: Vec<ScoreRow>) {
        self.changed.replace(document, rows.clone());
        self.rows.insert(document, rows);
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
                rules_version: integer(data.rules_version),
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
