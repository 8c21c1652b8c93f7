//! Live tables against replayed ones: first by digest, then row by row where they differ.
//!
//! Where the live tables are of another version, what both have is compared: the columns common to the first table of each,
//! by the primary key of the new one.

mod changed;
mod pairs;

use read_store::{Row, StoreError, Transaction};

use super::{Difference, ProjectionReport, TableReport};
use crate::{Projection, digest::digest_of};
pub(super) use changed::since_snapshot;
use pairs::{Pair, Pairs};
pub(super) use pairs::{shown_table, version_live};

/// Most rows shown of a table that differs.
const DIFFERENCES_MAX: usize = 5;

/// Compares a projection's tables, as `tx` sees them, with those in the schema `replayed`.
pub(super) async fn projection(
    tx: &Transaction<'_>,
    replayed: &str,
    projection: &dyn Projection,
) -> Result<ProjectionReport, StoreError> {
    let of = Pairs::of(tx, replayed, projection).await?;
    let mut tables = Vec::new();
    for pair in &of.tables {
        tables.push(compare(tx, pair).await?);
    }
    Ok(ProjectionReport {
        name: projection.name(),
        version: projection.version(),
        version_live: of.version_live,
        columns_new: of.columns_new,
        columns_gone: of.columns_gone,
        equal: tables.iter().all(|table| table.equal),
        tables,
    })
}

async fn compare(tx: &Transaction<'_>, pair: &Pair) -> Result<TableReport, StoreError> {
    let live = digest_of(tx, &pair.live, &pair.columns, pair.table).await?;
    let replayed = digest_of(tx, &pair.replayed, &pair.columns, pair.table).await?;
    // Rows that cannot be told apart by the key of the new table are another read model under an old name.
    let equal = live == replayed && pair.has_key();
    let differences =
        if equal || !pair.has_key() { Vec::new() } else { differences(tx, pair, "true").await? };
    Ok(TableReport {
        table: pair.table,
        rows_live: live.rows,
        rows_replayed: replayed.rows,
        digest_live: live.md5,
        digest_replayed: replayed.md5,
        equal,
        differences,
    })
}

/// Some rows that differ, of those whose keys fulfil `condition`.
async fn differences(
    tx: &Transaction<'_>,
    pair: &Pair,
    condition: &str,
) -> Result<Vec<Difference>, StoreError> {
    let Pair { live, replayed, key, .. } = pair;
    // The text search vector follows from the other columns and would bury them.
    let sql = format!(
        "select to_jsonb(live) - 'search', to_jsonb(replayed) - 'search'
         from (select * from {live} where {condition}) live
         full join (select * from {replayed} where {condition}) replayed using ({key})
         where {} is distinct from {} order by {key} limit {DIFFERENCES_MAX}",
        pair.row_of("live"),
        pair.row_of("replayed"),
    );
    let rows = tx.query(&sql, &[]).await?;
    let difference = |row: &Row| Difference { live: row.get(0), replayed: row.get(1) };
    Ok(rows.iter().map(difference).collect())
}
