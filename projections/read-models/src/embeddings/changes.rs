//! What a batch does to the vectors of documents: in memory first, then in a few statements.

use std::collections::{BTreeMap, BTreeSet};

use read_store::{StoreError, Transaction, bulk::COPY_ROWS_MIN};
use uuid::Uuid;

use super::{EmbeddingRow, TABLE};
use crate::table;

/// Rows are written in this order: removed, retired, replaced.
#[derive(Default)]
pub(super) struct Changes {
    removed: BTreeSet<Uuid>,
    retired: BTreeSet<Uuid>,
    replaced: BTreeMap<(Uuid, String), Vec<EmbeddingRow>>,
}

impl Changes {
    /// The document has no vectors any more.
    pub(super) fn remove(&mut self, document: Uuid) {
        self.replaced.retain(|(owner, _), _| *owner != document);
        self.retired.remove(&document);
        self.removed.insert(document);
    }

    /// What the document's vectors are of is out of use.
    pub(super) fn retire(&mut self, document: Uuid) {
        self.retired.insert(document);
        let replaced = self.replaced.iter_mut().filter(|((owner, _), _)| *owner == document);
        replaced.flat_map(|(_, rows)| rows).for_each(|row| row.in_use = false);
    }

    /// The document's vectors of one model are these and no others.
    pub(super) fn replace(&mut self, document: Uuid, model: &str, rows: Vec<EmbeddingRow>) {
        self.replaced.insert((document, model.to_owned()), rows);
    }

    /// Writes what changed. Returns the number of rows written or removed.
    pub(super) async fn write(&self, tx: &Transaction<'_>) -> Result<u64, StoreError> {
        let ids = |documents: &BTreeSet<Uuid>| documents.iter().copied().collect::<Vec<_>>();
        let mut written = table::delete(tx, TABLE, "document_id", &ids(&self.removed)).await?;
        let retired = ids(&self.retired);
        if !retired.is_empty() {
            let sql = format!("update {TABLE} set in_use = false where document_id = any($1) and in_use");
            written += tx.execute(&tx.prepare_cached(&sql).await?, &[&retired]).await?;
        }
        if self.replaced.is_empty() {
            return Ok(written);
        }
        let (documents, models): (Vec<Uuid>, Vec<&str>) =
            self.replaced.keys().map(|(document, model)| (*document, model.as_str())).unzip();
        let sql = format!(
            "delete from {TABLE} using unnest($1::uuid[], $2::text[]) as replaced(document_id, model)
             where {TABLE}.document_id = replaced.document_id and {TABLE}.model = replaced.model"
        );
        written += tx.execute(&tx.prepare_cached(&sql).await?, &[&documents, &models]).await?;
        let rows: Vec<&EmbeddingRow> = self.replaced.values().flatten().collect();
        if rows.len() >= COPY_ROWS_MIN {
            return Ok(written + table::append(tx, TABLE, &rows).await?);
        }
        Ok(written + table::upsert(tx, TABLE, "document_id, model, ordinal", &rows).await?)
    }
}
