//! Checks: how far trusted sources support each document's text and each answer. The last check of a text holds.

use std::collections::BTreeSet;

use async_trait::async_trait;
use event_model::{
    Fact,
    family::check::{CheckScore, CheckedText, KnowledgeChecked},
};
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    life::{Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{bigint, blob, integer, table_row},
};

const TABLE: &str = "checks_v1";
const LIVES: &str = "checks_documents_v1";

/// The read model `checks`.
pub(crate) struct Checks;

table_row! {
    /// What a check found.
    struct CheckRow {
        id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        kind: String,
        parsed: Option<String>,
        answered_event: Option<Uuid>,
        session_id: Option<Uuid>,
        score: Option<f64>,
        low: Option<f64>,
        high: Option<f64>,
        cannot_say: Option<String>,
        claims: i32,
        supported: i32,
        unsupported: i32,
        unclear: i32,
        unsaid: i32,
        judge: String,
        checker_version: i32,
        trust: String,
        evidence_documents: i64,
        model: Option<String>,
        raw: Option<String>,
        supporting: Vec<Uuid>,
        detail: Value,
        checked_at: Timestamp,
        event_id: Uuid,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Checks {
    fn name(&self) -> &'static str {
        "checks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type) || event_type == "knowledge.checked"
    }

    fn create_sql(&self) -> &'static str {
        include_str!("checks/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["checks_v1_session"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }, Belonging { table: LIVES, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &CheckRow| row.id).await?;
        for event in events {
            let Some(id) = event.subject else { continue };
            if let Some(data) = of_answer(event) {
                if let Some(row) = after(rows.get(id), id, event, data) {
                    rows.put(id, row);
                }
                continue;
            }
            let Some((life, step)) = lives.take(event) else { continue };
            match step {
                // Another text, or none: what was found of the earlier one says nothing of it.
                // An id that somebody used for an interaction, too, is not the document's to take away.
                Step::Received(_) | Step::Parsed(_) | Step::Rejected(_) | Step::Deleted
                    if rows.get(id).is_some_and(|row| row.kind == "document") =>
                {
                    rows.remove(id);
                }
                Step::Checked(data) if rows.get(id).is_none_or(|row| row.kind == "document") => {
                    if let Some(row) = CheckRow::new(id, life.datasubject.clone(), event, data) {
                        rows.put(id, row);
                    }
                }
                _ => {}
            }
        }
        lives.write(tx).await?;
        rows.write(tx).await
    }
}

fn of_answer(event: &Projected) -> Option<&KnowledgeChecked> {
    match event.fact.as_deref()? {
        Fact::KnowledgeChecked(data) if matches!(data.of, CheckedText::Answer { .. }) => Some(data),
        _ => None,
    }
}

/// The row of an answer after a check of it; none if the check takes no effect.
fn after(row: Option<&CheckRow>, id: Uuid, event: &Projected, data: &KnowledgeChecked) -> Option<CheckRow> {
    let owner = event.datasubject_column();
    let Some(row) = row else { return CheckRow::new(id, owner, event, data) };
    let owner_was = row.datasubject.as_deref();
    let touches = event.may_touch(owner_was) || event.may_replace(owner_was);
    if row.kind != "answer" || event.position_column() <= row.position || !touches {
        return None;
    }
    // What is about nobody begins the row anew, as it does in a replay in which what is about somebody has vanished.
    CheckRow::new(id, owner, event, data)
}

impl CheckRow {
    fn new(
        id: Uuid,
        datasubject: Option<String>,
        event: &Projected,
        data: &KnowledgeChecked,
    ) -> Option<Self> {
        let (kind, parsed, answered_event, session_id) = match &data.of {
            CheckedText::Document { parsed } => ("document", Some(blob(parsed)), None, None),
            CheckedText::Answer { session, answered } => ("answer", None, Some(*answered), Some(*session)),
        };
        let evidence = data.claims.iter().filter_map(|claim| claim.evidence.as_ref());
        let supporting: BTreeSet<Uuid> = evidence.map(|evidence| evidence.document).collect();
        let number = |of: fn(&CheckScore) -> f64| data.score.as_ref().map(of);
        let detail = json!({
            "claims": serde_json::to_value(&data.claims).ok()?, "claims_left_out": data.claims_left_out,
            "passages": data.passages, "passages_left_out": data.passages_left_out,
            "by_meaning": data.by_meaning, "model": serde_json::to_value(&data.model).ok()?,
        });
        Some(Self {
            id,
            tenant: event.tenant_column(),
            datasubject,
            kind: kind.to_owned(),
            parsed,
            answered_event,
            session_id,
            score: number(|score| score.value.into()),
            low: number(|score| score.low.into()),
            high: number(|score| score.high.into()),
            cannot_say: data.cannot_say.clone(),
            claims: integer(data.counts.claims),
            supported: integer(data.counts.supported),
            unsupported: integer(data.counts.unsupported),
            unclear: integer(data.counts.unclear),
            unsaid: integer(data.counts.cannot_say),
            judge: data.judge.clone(),
            checker_version: integer(data.checker_version),
            trust: data.trust.clone(),
            evidence_documents: bigint(data.evidence_documents),
            model: data.model.as_ref().map(|model| model.model.clone()),
            raw: data.model.as_ref().and_then(|model| model.raw.as_ref()).map(blob),
            supporting: supporting.into_iter().collect(),
            detail,
            checked_at: event.event.recordedtime,
            event_id: event.event.id,
            partition: event.partition_column(),
            position: event.position_column(),
        })
    }
}
