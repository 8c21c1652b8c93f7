//! Embeddings: the vectors of passages, by document and model.
//!
//! Those of a text that is out of use stay, and are found by the hash of what was embedded, until the document is deleted: its
//! next version mostly says the same, and a model need not be asked again.

use async_trait::async_trait;
use event_model::{ParsedDocument, family::knowledge::KnowledgeEmbedded};
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use self::changes::Changes;
use crate::{
    life::{Life, Lives, Step, is_document_event},
    projection::{Belonging, OWNED, Projected, Projection},
    table::{blob, integer, table_row},
};

mod changes;

pub(crate) const TABLE: &str = "embeddings_v1";
const LIVES: &str = "embeddings_documents_v1";

/// The read model `embeddings`.
pub(crate) struct Embeddings;

table_row! {
    /// The vector of a passage.
    struct EmbeddingRow {
        document_id: Uuid,
        model: String,
        ordinal: i32,
        tenant: String,
        text_hash: String,
        in_use: bool,
        vectors: String,
        vector: Vec<f32>,
    }
}

#[async_trait]
impl Projection for Embeddings {
    fn name(&self) -> &'static str {
        "embeddings"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type) || event_type == "knowledge.embedded"
    }

    fn needs_vectors(&self) -> bool {
        true
    }

    fn create_sql(&self) -> &'static str {
        include_str!("embeddings/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, LIVES]
    }

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["embeddings_v1_text_hash"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        const ROWS: &str = "document_id in (select document_id from embeddings_documents_v1 where tenant = $1 and datasubject = $2)";
        &[Belonging { table: TABLE, rows: ROWS }, Belonging { table: LIVES, rows: OWNED }]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let mut lives = Lives::load(tx, LIVES, events).await?;
        let mut changes = Changes::default();
        for event in events {
            let Some((life, step)) = lives.take(event) else { continue };
            let id = life.document_id;
            match step {
                Step::Received(_) | Step::Rejected(_) | Step::Deleted => changes.remove(id),
                Step::Parsed(_) | Step::Superseded(_) => changes.retire(id),
                Step::Embedded(data) => {
                    let rows = rows(&life, data, event);
                    changes.replace(id, &data.model, rows);
                }
                Step::Validated { .. } | Step::Failed(_) | Step::Reviewed(_) | Step::Checked(_) => {}
            }
        }
        lives.write(tx).await?;
        changes.write(tx).await
    }
}

/// One row a passage; passages without a vector, or vectors without a passage, are none.
fn rows(life: &Life, data: &KnowledgeEmbedded, event: &Projected) -> Vec<EmbeddingRow> {
    let (Some(document), Some(vectors)) = (&event.document, &event.vectors) else { return Vec::new() };
    let document: &ParsedDocument = document;
    let row = |(ordinal, (chunk, vector)): (u32, (&event_model::Chunk, &Vec<f32>))| EmbeddingRow {
        document_id: life.document_id,
        model: data.model.clone(),
        ordinal: integer(ordinal),
        tenant: life.tenant.clone(),
        text_hash: chunk.embedded_hash(),
        in_use: life.is_in_use(),
        vectors: blob(&data.vectors),
        vector: vector.clone(),
    };
    (0..).zip(document.chunks.iter().zip(vectors.iter())).map(row).collect()
}
