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
    /// MD5 over the sorted MD5s of the rows' text forms, without computed columns. It finds differences; it is no
    /// protection against forgery.
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
async fn digest(
    client: &impl GenericClient,
    schema: &str,
    table: &'static str,
) -> Result<TableDigest, StoreError> {
    let columns = written_columns(client, schema, table).await?;
    digest_of(client, &format!("{schema}.{table}"), &columns, table).await
}

/// The digest of some columns of `from`, under the name `table`.
pub(crate) async fn digest_of(
    client: &impl GenericClient,
    from: &str,
    columns: &[String],
    table: &'static str,
) -> Result<TableDigest, StoreError> {
    let sql = format!(
        "select count(*), md5(coalesce(string_agg(hash, '' order by hash collate \"C\"), ''))
         from (select md5(row({})::text) as hash from {from}) as hashed",
        columns.join(", ")
    );
    let row = client.query_one(&sql, &[]).await?;
    Ok(TableDigest { table, rows: row.get(0), md5: row.get(1) })
}

/// The columns that a fold writes; those that PostgreSQL computes from them add nothing but time.
pub(crate) async fn written_columns(
    client: &impl GenericClient,
    schema: &str,
    table: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = client
        .query(
            "select quote_ident(attname) from pg_catalog.pg_attribute
             where attrelid = ($1 || '.' || $2)::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
             order by attnum",
            &[&schema, &table],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
