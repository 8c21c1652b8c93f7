//! Documents: what was received, and what became of it.

use async_trait::async_trait;
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    life::{Life, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{bigint, blob, integer, table_row},
};

const TABLE: &str = "documents_v3";

/// The read model `documents`.
pub(crate) struct Documents;

table_row! {
    /// A document.
    struct DocumentRow {
        id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        name: String,
        status: String,
        content: String,
        size_bytes: i64,
        declared_type: Option<String>,
        media_type: Option<String>,
        title: Option<String>,
        pages: Option<i32>,
        characters: Option<i64>,
        chunks: Option<i32>,
        parsed: Option<String>,
        parser: Option<String>,
        rejection_reason: Option<String>,
        rejection_detail: Option<String>,
        superseded_by: Option<Uuid>,
        received_at: Timestamp,
        changed_at: Timestamp,
        received_event: Uuid,
        decided_event: Option<Uuid>,
        decided_cause: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Documents {
    fn name(&self) -> &'static str {
        "documents"
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type)
    }

    fn create_sql(&self) -> &'static str {
        include_str!("documents/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["documents_v3_listing", "documents_v3_source"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &DocumentRow| row.id).await?;
        for event in events {
            let before = event.subject.and_then(|id| rows.get(id));
            if let Some((life, step)) = Life::after(before.map(DocumentRow::life).as_ref(), event) {
                let row = DocumentRow::after(before, &life, step, event.event.recordedtime);
                rows.put(life.document_id, row);
            }
        }
        rows.write(tx).await
    }
}

impl DocumentRow {
    fn life(&self) -> Life {
        Life {
            document_id: self.id,
            tenant: self.tenant.clone(),
            datasubject: self.datasubject.clone(),
            status: self.status.clone(),
            name: self.name.clone(),
            content: self.content.clone(),
            received_event: self.received_event,
            parsed: self.parsed.clone(),
            decided_event: self.decided_event,
            decided_cause: self.decided_cause,
            validated_cause: None,
            partition: self.partition,
            position: self.position,
        }
    }

    fn after(before: Option<&Self>, life: &Life, step: Step<'_>, at: Timestamp) -> Self {
        let mut row = before.cloned().unwrap_or_else(|| Self::empty(life, at));
        match step {
            Step::Received(data) => {
                row = Self::empty(life, at);
                row.size_bytes = bigint(data.size_bytes);
                row.declared_type.clone_from(&data.declared_type);
            }
            Step::Parsed(data) => {
                row = row.undecided();
                row.media_type = Some(data.media_type.clone());
                row.title.clone_from(&data.title);
                row.pages = data.pages.map(integer);
                row.characters = Some(bigint(data.characters));
                row.chunks = Some(integer(data.chunks));
                row.parsed = Some(blob(&data.parsed));
                row.parser = Some(format!("{}/{}", data.parser.name, data.parser.version));
            }
            Step::Rejected(data) => {
                row = row.undecided();
                row.rejection_reason = Some(data.reason.clone());
                row.rejection_detail = Some(data.detail.clone());
            }
            Step::Superseded(data) => row.superseded_by = Some(data.superseded_by),
            _ => {}
        }
        row.status.clone_from(&life.status);
        row.decided_event = life.decided_event;
        row.decided_cause = life.decided_cause;
        row.changed_at = at;
        row.position = life.position;
        row
    }

    fn empty(life: &Life, at: Timestamp) -> Self {
        Self {
            id: life.document_id,
            tenant: life.tenant.clone(),
            datasubject: life.datasubject.clone(),
            name: life.name.clone(),
            status: life.status.clone(),
            content: life.content.clone(),
            size_bytes: 0,
            declared_type: None,
            media_type: None,
            title: None,
            pages: None,
            characters: None,
            chunks: None,
            parsed: None,
            parser: None,
            rejection_reason: None,
            rejection_detail: None,
            superseded_by: None,
            received_at: at,
            changed_at: at,
            received_event: life.received_event,
            decided_event: None,
            decided_cause: None,
            partition: life.partition,
            position: life.position,
        }
    }

    /// The row without what an earlier result said.
    fn undecided(self) -> Self {
        Self {
            media_type: None,
            title: None,
            pages: None,
            characters: None,
            chunks: None,
            parsed: None,
            parser: None,
            rejection_reason: None,
            rejection_detail: None,
            ..self
        }
    }
}
