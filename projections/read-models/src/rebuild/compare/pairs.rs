//! Which table is compared with which, and by which columns.

use read_store::{StoreError, Transaction};

use crate::{Projection, digest::written_columns};

/// A live table and the replayed one that would take its place.
pub(super) struct Pair {
    /// The replayed table's name.
    pub(super) table: &'static str,
    /// The live table with its schema.
    pub(super) live: String,
    /// The replayed table with its schema.
    pub(super) replayed: String,
    /// The columns of both that a fold writes.
    pub(super) columns: Vec<String>,
    /// The primary key of the replayed table; empty if the live one lacks a column of it.
    pub(super) key: String,
}

impl Pair {
    /// Whether rows of one can be found in the other.
    pub(super) fn has_key(&self) -> bool {
        !self.key.is_empty()
    }

    /// The text of the compared columns of a joined row; null where there is none.
    pub(super) fn row_of(&self, alias: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("{alias}.{column}")).collect();
        let key = self.key.split(", ").next().unwrap_or_default();
        format!("case when {alias}.{key} is not null then row({})::text end", columns.join(", "))
    }
}

/// What of a projection is compared.
pub(super) struct Pairs {
    /// The version that readers have; none if the read model is new, and there is nothing to compare with.
    pub(super) version_live: Option<u32>,
    /// Columns of the new first table that the old one lacks.
    pub(super) columns_new: Vec<String>,
    /// Columns of the old first table that the new one lacks.
    pub(super) columns_gone: Vec<String>,
    pub(super) tables: Vec<Pair>,
}

impl Pairs {
    pub(super) async fn of(
        tx: &Transaction<'_>,
        schema: &str,
        projection: &dyn Projection,
    ) -> Result<Self, StoreError> {
        let mut of = Self {
            version_live: version_live(tx, projection.name()).await?,
            columns_new: Vec::new(),
            columns_gone: Vec::new(),
            tables: Vec::new(),
        };
        let Some(shown) = shown_table(tx, projection.name()).await?.filter(|_| of.version_live.is_some())
        else {
            return Ok(of);
        };
        if shown == projection.tables()[0] {
            for table in projection.tables() {
                of.add(tx, table, schema, table).await?;
            }
        } else {
            of.add(tx, &shown, schema, projection.tables()[0]).await?;
        }
        Ok(of)
    }

    async fn add(
        &mut self,
        tx: &Transaction<'_>,
        live: &str,
        schema: &str,
        table: &'static str,
    ) -> Result<(), StoreError> {
        let old = written_columns(tx, "elite", live).await?;
        let new = written_columns(tx, schema, table).await?;
        let lacking = |of: &[String], from: &[String]| {
            of.iter().filter(|column| !from.contains(column)).cloned().collect::<Vec<_>>()
        };
        self.columns_new.extend(lacking(&new, &old));
        self.columns_gone.extend(lacking(&old, &new));
        let key = primary_key(tx, schema, table).await?;
        let columns: Vec<String> = new.into_iter().filter(|column| old.contains(column)).collect();
        let key =
            if key.iter().all(|column| columns.contains(column)) { key.join(", ") } else { String::new() };
        self.tables.push(Pair {
            table,
            live: format!("elite.{live}"),
            replayed: format!("{schema}.{table}"),
            columns,
            key,
        });
        Ok(())
    }
}

/// The version of a read model that is live.
pub(in crate::rebuild) async fn version_live(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<u32>, StoreError> {
    let row = tx.query_opt("select version from elite.projection where name = $1", &[&name]).await?;
    Ok(row.map(|row| row.get::<_, i32>(0).unsigned_abs()))
}

/// The table that a read model's view shows.
pub(in crate::rebuild) async fn shown_table(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let row = tx
        .query_opt(
            "select distinct shown.relname::text from pg_catalog.pg_rewrite r
             join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                  and d.refclassid = 'pg_class'::regclass
             join pg_catalog.pg_class shown on shown.oid = d.refobjid and shown.relkind = 'r'
             where r.ev_class = to_regclass('elite.' || quote_ident($1)) and shown.relnamespace = 'elite'::regnamespace",
            &[&name],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

async fn primary_key(tx: &Transaction<'_>, schema: &str, table: &str) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query(
            "select quote_ident(a.attname)
             from pg_catalog.pg_index i
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indisprimary and i.indrelid = ($1 || '.' || $2)::text::regclass order by a.attnum",
            &[&schema, &table],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
