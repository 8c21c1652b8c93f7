//! What changed since tables were found equal: little, so it can be compared while nobody may fold.
//!
//! Every row that a transaction wrote that the earlier snapshot did not see has a transaction id that is not older than the
//! oldest one running then. If the rows behind all such keys are equal, and both tables have the same set of keys, then
//! the tables are equal: what is left was not touched since, and was equal before.

use read_store::{StoreError, Transaction};

use super::{
    super::{ProjectionReport, TableReport},
    Pair, Pairs, differences,
};
use crate::Projection;

/// Compares again what was equal in a snapshot whose oldest running transaction was `since`, and corrects the report.
pub(in crate::rebuild) async fn since_snapshot(
    tx: &Transaction<'_>,
    replayed: &str,
    projection: &dyn Projection,
    since: &str,
    report: &mut ProjectionReport,
) -> Result<(), StoreError> {
    let of = Pairs::of(tx, replayed, projection).await?;
    for (pair, table) in of.pairs.iter().zip(&mut report.tables) {
        compare(tx, pair, since, table).await?;
    }
    report.equal = report.tables.iter().all(|table| table.equal);
    Ok(())
}

async fn compare(
    tx: &Transaction<'_>,
    pair: &Pair,
    since: &str,
    report: &mut TableReport,
) -> Result<(), StoreError> {
    let live = keys(tx, &pair.live, &pair.key).await?;
    let replayed = keys(tx, &pair.replayed, &pair.key).await?;
    (report.rows_live, report.rows_replayed) = (live.0, replayed.0);
    let Pair { live: live_table, replayed: replayed_table, key, .. } = pair;
    let changed = |table: &str| format!("select {key} from {table} where age(xmin) <= age('{since}'::xid)");
    let condition = format!("({key}) in ({} union {})", changed(live_table), changed(replayed_table));
    report.differences = if live == replayed {
        differences(tx, pair, &condition).await?
    } else {
        differences(tx, pair, "true").await?
    };
    report.equal = live == replayed && report.differences.is_empty();
    Ok(())
}

/// How many keys there are, and which, in one number.
async fn keys(tx: &Transaction<'_>, table: &str, key: &str) -> Result<(i64, String), StoreError> {
    let sql = format!(
        "select count(*), coalesce(sum(hash_record_extended(row({key}), 0)::numeric), 0)::text from {table}"
    );
    let row = tx.query_one(&sql, &[]).await?;
    Ok((row.get(0), row.get(1)))
}
