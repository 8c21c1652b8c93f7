//! Indexes that only readers need: left out while tables are filled, and made when they are full.

use futures::{StreamExt, TryStreamExt, stream};
use read_store::{Store, StoreError, Transaction};

use crate::Projections;

/// What PostgreSQL may use to sort for an index, and how long that may take.
const PREPARE: &str = "set local maintenance_work_mem = '128MB'; set local statement_timeout = 0";

/// An index, or statistics, to be made.
#[derive(Debug)]
pub(super) struct Later(Vec<String>);

impl Later {
    /// Drops the readers' indexes of empty tables and remembers how they are made, and statistics for the planner after them.
    pub(super) async fn leave_out(
        tx: &Transaction<'_>,
        schema: &str,
        projections: &Projections,
    ) -> Result<Self, StoreError> {
        let mut statements = Vec::new();
        for projection in projections.projections() {
            let sql = "select indexname::text, indexdef from pg_catalog.pg_indexes
                       where schemaname = $1 and indexname = any($2)";
            for row in tx.query(sql, &[&schema, &projection.reader_indexes()]).await? {
                let (name, create): (String, String) = (row.get(0), row.get(1));
                tx.batch_execute(&format!("drop index {schema}.\"{name}\"")).await?;
                statements.push(create);
            }
        }
        Ok(Self(statements))
    }

    /// Makes them, several side by side, and takes statistics so that readers' plans are good from the first moment.
    pub(super) async fn make(
        &self,
        store: &Store,
        schema: &str,
        projections: &Projections,
        side_by_side: usize,
    ) -> Result<(), StoreError> {
        let tables = projections.projections().iter().flat_map(|projection| projection.tables());
        let analyze: Vec<String> = tables.map(|table| format!("analyze {schema}.{table}")).collect();
        for statements in [&self.0, &analyze] {
            let all: Vec<_> = statements.iter().map(|statement| made(store, statement)).collect();
            stream::iter(all).buffer_unordered(side_by_side).try_collect::<Vec<()>>().await?;
        }
        Ok(())
    }
}

async fn made(store: &Store, statement: &str) -> Result<(), StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    tx.batch_execute(PREPARE).await?;
    tx.batch_execute(statement).await?;
    Ok(tx.commit().await?)
}
