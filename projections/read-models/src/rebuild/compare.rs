//! Live tables against replayed ones: first by digest, then row by row where they differ.

use read_store::{Row, StoreError, Transaction};

use super::{Difference, ProjectionReport, TableReport};
use crate::{Projection, digest::digest};

/// Most rows shown of a table that differs.
const DIFFERENCES_MAX: usize = 5;

/// Compares all tables of a projection.
pub(super) async fn projection(
    tx: &Transaction<'_>,
    scratch: &str,
    projection: &dyn Projection,
) -> Result<ProjectionReport, StoreError> {
    let mut tables = Vec::new();
    for table in projection.tables() {
        tables.push(compare(tx, scratch, table).await?);
    }
    let equal = tables.iter().all(|table| table.equal);
    Ok(ProjectionReport { name: projection.name(), equal, tables })
}

async fn compare(
    tx: &Transaction<'_>,
    scratch: &str,
    table: &'static str,
) -> Result<TableReport, StoreError> {
    let live = digest(tx, "elite", table).await?;
    let replayed = digest(tx, scratch, table).await?;
    let equal = live == replayed;
    let differences = if equal { Vec::new() } else { differences(tx, scratch, table).await? };
    Ok(TableReport {
        table,
        rows_live: live.rows,
        rows_replayed: replayed.rows,
        digest_live: live.md5,
        digest_replayed: replayed.md5,
        equal,
        differences,
    })
}

async fn differences(
    tx: &Transaction<'_>,
    scratch: &str,
    table: &str,
) -> Result<Vec<Difference>, StoreError> {
    let key = primary_key(tx, table).await?;
    // The text search vector follows from the other columns and would bury them.
    let sql = format!(
        "select to_jsonb(live) - 'search', to_jsonb(replayed) - 'search'
         from elite.{table} live full join {scratch}.{table} replayed using ({key})
         where live::text is distinct from replayed::text order by {key} limit {DIFFERENCES_MAX}"
    );
    let rows = tx.query(&sql, &[]).await?;
    let difference = |row: &Row| Difference { live: row.get(0), replayed: row.get(1) };
    Ok(rows.iter().map(difference).collect())
}

async fn primary_key(tx: &Transaction<'_>, table: &str) -> Result<String, StoreError> {
    let row = tx
        .query_one(
            "select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
             from pg_catalog.pg_index i
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indisprimary and i.indrelid = ('elite.' || $1)::text::regclass",
            &[&table],
        )
        .await?;
    Ok(row.get(0))
}
