//! Chunks: the passages of documents, for search and for answers.

use async_trait::async_trait;
use event_model::{Chunk, ParsedDocument, chunk_ids};
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Sets,
    life::{Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{integer, table_row},
};

pub(crate) const TABLE: &str = "chunks_v4";
const LIVES: &str = "chunks_documents_v4";

/// The read model `chunks`.
pub(crate) struct Chunks;

table_row! {
    /// A passage.
    struct ChunkRow {
        document_id: Uuid,
        ordinal: i32,
        id: String,
        tenant: String,
        heading_path: Vec<String>,
        heading: String,
        page: Option<i32>,
        language: Option<String>,
        start_char: i32,
        end_char: i32,
        text: String,
    }
}

#[async_trait]
impl Projection for Chunks {
    fn name(&self) -> &'static str {
        "chunks"
    }

    fn version(&self) -> u32 {
        4
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type)
    }

    fn needs_document(&self) -> bool {
        true
    }

    fn create_sql(&self) -> &'static str {
        include_str!("chunks/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["chunks_v4_search"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        const ROWS: &str = "document_id in (select document_id from chunks_documents_v4 where tenant = $1 and datasubject = $2)";
        &[Belonging { table: TABLE, rows: ROWS }, Belonging { table: LIVES, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let mut chunks = Sets::new(TABLE, "document_id", "document_id, ordinal");
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            match (step, &event.document) {
                (Step::Parsed(_), Some(document)) if life.is_in_use() => {
                    chunks.replace(life.document_id, rows(life.document_id, &life.tenant, document));
                }
                (
                    Step::Received(_)
                    | Step::Parsed(_)
                    | Step::Rejected(_)
                    | Step::Superseded(_)
                    | Step::Deleted,
                    _,
                ) => {
                    chunks.replace(life.document_id, Vec::new());
                }
                _ => {}
            }
        }
        lives.write(tx).await?;
        chunks.write(tx).await
    }
}

fn rows(document_id: Uuid, tenant: &str, document: &ParsedDocument) -> Vec<ChunkRow> {
    // Documents that were parsed before passages had ids get the same ones.
    let ids = chunk_ids(&document.chunks);
    let row = |((ordinal, chunk), id): ((i32, &Chunk), String)| ChunkRow {
        document_id,
        ordinal,
        id,
        tenant: tenant.to_owned(),
        heading_path: chunk.heading_path.clone(),
        heading: chunk.heading_path.join(" > "),
        page: chunk.page.map(integer),
        language: document.language.clone(),
        start_char: integer(chunk.range.start),
        end_char: integer(chunk.range.end),
        text: chunk.text.clone(),
    };
    (0..).zip(&document.chunks).zip(ids).map(row).collect()
}
