//! Counts and content digests of tables: equal rows have equal digests, whatever order they were written in.

use read_store::{GenericClient, Store, StoreError};
use serde::Serialize;

use crate::Projection;

/// What a table holds, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDigest {
    /// The table.
    pub table: &'static str,
    /// Number of rows.
    pub rows: i64,
    /// MD5 over the sorted MD5s of the rows' text forms. It finds differences; it is no protection against forgery.
    pub md5: String,
}

/// The digests of the live tables of some projections.
pub async fn digests(store: &Store, projections: &[&dyn Projection]) -> Result<Vec<TableDigest>, StoreError> {
    let client = store.client().await?;
    let mut digests = Vec::new();
    for table in projections.iter().flat_map(|projection| projection.tables()) {
        digests.push(digest(&client, "elite", table).await?);
    }
    Ok(digests)
}

/// The digest of one table.
pub(crate) async fn digest(
    client: &impl GenericClient,
    schema: &str,
    table: &'static str,
) -> Result<TableDigest, StoreError> {
    let sql = format!(
        "select count(*), md5(coalesce(string_agg(hash, '' order by hash collate \"C\"), ''))
         from (select md5(t::text) as hash from {schema}.{table} t) as hashed"
    );
    let row = client.query_one(&sql, &[]).await?;
    Ok(TableDigest { table, rows: row.get(0), md5: row.get(1) })
}
