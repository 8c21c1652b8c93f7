//! What a transaction changes, row by row: for looking at work before it is rolled back.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use serde::Serialize;
use serde_json::Value;

use crate::StoreError;

/// How long the tables may be waited for; writers wait as long for us.
const PREPARE: &str = "
    set local lock_timeout = '5s';
    create temporary table row_change (
        number bigint generated always as identity, name text not null, old_row jsonb, new_row jsonb
    ) on commit drop;
    create function pg_temp.record_row_change() returns trigger language plpgsql as $$
    begin
        insert into pg_temp.row_change (name, old_row, new_row) values (
            tg_table_name,
            case when tg_op <> 'INSERT' then to_jsonb(old) - 'search' end,
            case when tg_op <> 'DELETE' then to_jsonb(new) - 'search' end);
        return null;
    end $$";

/// Tables of the protocol, which are not what people ask about.
const NOT_WATCHED: &[&str] = &[
    "subscription_partition",
    "recent_event",
    "log_followed",
    "projection",
    "idempotency_key",
    "subject_key",
    "erased_subject",
    "dead_letter",
];

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// The row as it is; none if there is none.
    pub before: Option<Value>,
    /// The row as it would be; none if it would be gone.
    pub after: Option<Value>,
}

/// From here on every change of a row of a read model or a to-do list is noted, until `tx` ends.
pub async fn watch(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.batch_execute(PREPARE).await?;
    let tables = tx
        .query(
            "select relname::text from pg_catalog.pg_class
             where relnamespace = 'elite'::regnamespace and relkind = 'r' and relname <> all($1)",
            &[&NOT_WATCHED],
        )
        .await?;
    for table in &tables {
        let table: &str = table.get(0);
        tx.batch_execute(&format!(
            "create trigger record_row_change after insert or update or delete on elite.\"{table}\"
             for each row execute function pg_temp.record_row_change()"
        ))
        .await?;
    }
    Ok(())
}

/// What was changed since [`watch`]: each row once, as it was and as it is now, without those that are the same again.
pub async fn changes(tx: &Transaction<'_>) -> Result<Vec<RowChange>, StoreError> {
    let keys = primary_keys(tx).await?;
    let rows = tx.query("select name, old_row, new_row from pg_temp.row_change order by number", &[]).await?;
    let mut changes: BTreeMap<(String, String), RowChange> = BTreeMap::new();
    for row in &rows {
        let (table, before, after): (String, Option<Value>, Option<Value>) =
            (row.get(0), row.get(1), row.get(2));
        let key = key_of(keys.get(&table), after.as_ref().or(before.as_ref()));
        let change = changes.entry((table.clone(), key)).or_insert(RowChange { table, before, after: None });
        change.after = after;
    }
    Ok(changes.into_values().filter(|change| change.before != change.after).collect())
}

async fn primary_keys(tx: &Transaction<'_>) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let rows = tx
        .query(
            "select c.relname::text, array_agg(a.attname::text order by a.attnum)
             from pg_catalog.pg_index i
             join pg_catalog.pg_class c on c.oid = i.indrelid and c.relnamespace = 'elite'::regnamespace
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indisprimary group by 1",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn key_of(columns: Option<&Vec<String>>, row: Option<&Value>) -> String {
    let values: Vec<&Value> =
        columns.into_iter().flatten().filter_map(|column| row.and_then(|row| row.get(column))).collect();
    serde_json::to_string(&values).unwrap_or_default()
}
