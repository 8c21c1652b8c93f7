//! The schema that a replay fills, and how it takes the place of the live tables.

use read_store::{Store, StoreError, Transaction};

use crate::{
    Projection, Projections,
    install::{make_derived_views, point_view, record},
};

/// A schema of its own with empty tables.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) schema: String,
}

impl Scratch {
    pub(super) async fn create(store: &Store, projections: &Projections) -> Result<Self, StoreError> {
        let mut client = store.client().await?;
        let tx = client.transaction().await?;
        let name = "select 'elite_scratch_' || replace(gen_random_uuid()::text, '-', '')";
        let schema: String = tx.query_one(name, &[]).await?.get(0);
        tx.batch_execute(&format!("create schema {schema}")).await?;
        let scratch = Self { schema };
        scratch.enter(&tx).await?;
        for projection in projections.projections() {
            tx.batch_execute(projection.create_sql()).await?;
        }
        tx.commit().await?;
        Ok(scratch)
    }

    /// Lets unqualified names mean the scratch tables until the transaction ends.
    pub(super) async fn enter(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        tx.batch_execute(&format!("set local search_path = {}, elite, public", self.schema)).await?;
        Ok(())
    }

    /// Removes the scratch.
    pub(super) async fn drop(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        Ok(tx.batch_execute(&format!("drop schema {} cascade", self.schema)).await?)
    }

    /// Removes the scratch after a failure; what cannot be removed is only a waste of space.
    pub(super) async fn discard(&self, store: &Store) {
        let removed = async {
            let client = store.client().await?;
            client.batch_execute(&format!("drop schema if exists {} cascade", self.schema)).await?;
            Ok::<_, StoreError>(())
        };
        if let Err(error) = removed.await {
            tracing::warn!(%error, schema = self.schema, "the scratch schema of a replay could not be dropped");
        }
    }

    /// Puts the scratch tables in the place of the live ones and of those of earlier versions, and shows them.
    pub(super) async fn swap_in(
        &self,
        tx: &mut Transaction<'_>,
        projections: &Projections,
    ) -> Result<(), StoreError> {
        let retired = format!("{}_retired", self.schema);
        tx.batch_execute(&format!("create schema {retired}")).await?;
        for projection in projections.projections() {
            self.swap_tables(tx, *projection, &retired).await?;
            point_view(tx, *projection).await?;
            record(tx, *projection).await?;
        }
        make_derived_views(tx).await?;
        tx.batch_execute(&format!("drop schema {retired} cascade")).await?;
        self.drop(tx).await
    }

    async fn swap_tables(
        &self,
        tx: &Transaction<'_>,
        projection: &dyn Projection,
        retired: &str,
    ) -> Result<(), StoreError> {
        for table in projection.tables() {
            for old in versions_of(tx, table).await? {
                tx.batch_execute(&format!("alter table elite.\"{old}\" set schema {retired}")).await?;
            }
            tx.batch_execute(&format!("alter table {}.{table} set schema elite", self.schema)).await?;
        }
        Ok(())
    }
}

/// The live tables that hold some version of what `table` holds.
async fn versions_of(tx: &Transaction<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    let base = table.rsplit_once("_v").map_or(table, |(base, _)| base);
    let rows = tx
        .query(
            "select tablename::text from pg_catalog.pg_tables
             where schemaname = 'elite' and tablename ~ ('^' || $1::text || '_v[0-9]+$')",
            &[&base],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
