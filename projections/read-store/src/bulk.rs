//! Many rows at once: PostgreSQL's binary COPY form, and a merge of it into a table that has rows.
//!
//! A statement with `unnest` is best for a live batch; from [`COPY_ROWS_MIN`] rows on, COPY into a temporary table and one
//! `insert … select` from it costs the server less. Not for a future that may be dropped half-way: a COPY that is not
//! finished leaves its connection waiting, so a limit in time belongs into the session, not around the call.

use std::error::Error;

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures::SinkExt;
use postgres_types::{IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::StoreError;

/// From how many rows on copying and merging is quicker than `unnest`.
pub const COPY_ROWS_MIN: usize = 2_000;

/// What every binary COPY begins with: the signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In the place of a row's number of columns: no more rows.
const END: i16 = -1;
/// In the place of a value's length: no value.
const NULL: i32 = -1;
/// Bytes sent as one message.
const PORTION_BYTES: usize = 64 * 1024;

/// JSON as it was written, for a `jsonb` column: the server parses it, nobody before it does.
#[derive(Clone, Copy, Debug)]
pub struct RawJsonb<'a>(pub &'a [u8]);

impl ToSql for RawJsonb<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        // The version of the form, the only one there is.
        out.put_u8(1);
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    accepts!(JSONB);

    to_sql_checked!();
}

/// No value, for a column of any type.
#[derive(Clone, Copy, Debug)]
pub struct Null;

impl ToSql for Null {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Rows in the binary form.
#[derive(Debug)]
pub struct Rows {
    types: Vec<Type>,
    bytes: BytesMut,
}

impl Rows {
    /// No rows yet, of columns with these types.
    pub fn new(types: &[Type]) -> Self {
        let mut bytes = BytesMut::with_capacity(PORTION_BYTES);
        bytes.put_slice(HEADER);
        Self { types: types.to_vec(), bytes }
    }

    /// Adds a row; one value for each column. After an error the rows are of no use.
    pub fn push(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), StoreError> {
        let unlike = |reason: String| StoreError::Row(reason);
        if values.len() != self.types.len() {
            return Err(unlike(format!("a row of {} values for {} columns", values.len(), self.types.len())));
        }
        self.bytes.put_i16(i16::try_from(values.len()).map_err(|error| unlike(error.to_string()))?);
        for (value, of) in values.iter().zip(&self.types) {
            let at = self.bytes.len();
            self.bytes.put_i32(NULL);
            let written =
                value.to_sql_checked(of, &mut self.bytes).map_err(|error| unlike(error.to_string()))?;
            if matches!(written, IsNull::No) {
                let length =
                    i32::try_from(self.bytes.len() - at - 4).map_err(|error| unlike(error.to_string()))?;
                self.bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Bytes {
        self.bytes.put_i16(END);
        self.bytes.freeze()
    }
}

/// Sends rows to `copy … from stdin (format binary)`; returns how many the server took.
pub async fn copy(tx: &Transaction<'_>, statement: &str, rows: Rows) -> Result<u64, StoreError> {
    let mut bytes = rows.finish();
    let sink = tx.copy_in::<_, Bytes>(statement).await?;
    let mut sink = std::pin::pin!(sink);
    while !bytes.is_empty() {
        sink.send(bytes.split_to(bytes.len().min(PORTION_BYTES))).await?;
    }
    Ok(sink.finish().await?)
}

/// Writes rows into `table`; a row whose `key` (the primary key's columns) is there is replaced. No two rows may share it.
/// Returns the number of rows written.
pub async fn merge(
    tx: &Transaction<'_>,
    table: &str,
    columns: &[&str],
    key: &str,
    rows: Rows,
) -> Result<u64, StoreError> {
    let names = columns.join(", ");
    let replaced: Vec<String> = columns.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let staged = format!("pg_temp.merge_{table}");
    tx.batch_execute(&format!(
        "create temporary table if not exists merge_{table} on commit delete rows as select {names} from {table} limit 0"
    ))
    .await?;
    copy(tx, &format!("copy {staged} ({names}) from stdin (format binary)"), rows).await?;
    let written = tx
        .execute(
            &format!(
                "insert into {table} ({names}) select {names} from {staged}
                 on conflict ({key}) do update set {}",
                replaced.join(", ")
            ),
            &[],
        )
        .await?;
    tx.batch_execute(&format!("truncate {staged}")).await?;
    Ok(written)
}
