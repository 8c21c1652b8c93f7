//! Writing many rows at once, as a catch-up does: copied to the server and merged there.

use read_store::{
    StoreError, ToSql, Transaction, Type,
    bulk::{self, Rows},
};

use super::{Column, TableRow};

/// Copies and merges rows; a row that is there is replaced. `key` lists the primary key's columns; no two rows may share it.
pub(super) async fn merge<T: TableRow>(
    tx: &Transaction<'_>,
    table: &str,
    key: &str,
    rows: &[&T],
) -> Result<u64, StoreError> {
    let names = names::<T>();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bulk::merge(tx, table, &names, key, encoded(rows)?).await
}

/// Copies rows, none of which may be there.
pub(super) async fn append<T: TableRow>(
    tx: &Transaction<'_>,
    table: &str,
    rows: &[&T],
) -> Result<u64, StoreError> {
    let statement = format!("copy {table} ({}) from stdin (format binary)", names::<T>().join(", "));
    bulk::copy(tx, &statement, encoded(rows)?).await
}

fn names<T: TableRow>() -> Vec<String> {
    T::COLUMNS.iter().map(|column| format!("\"{}\"", column.name)).collect()
}

fn encoded<T: TableRow>(rows: &[&T]) -> Result<Rows, StoreError> {
    let types = T::COLUMNS.iter().map(type_of).collect::<Result<Vec<_>, _>>()?;
    let mut copied = Rows::new(&types);
    for row in rows {
        let cells = row.cells();
        let values: Vec<&(dyn ToSql + Sync)> =
            cells.iter().map(|cell| &**cell as &(dyn ToSql + Sync)).collect();
        copied.push(&values)?;
    }
    Ok(copied)
}

/// The type that a column's values are copied as.
fn type_of(column: &Column) -> Result<Type, StoreError> {
    Ok(match column.sql {
        "uuid" => Type::UUID,
        "int4" => Type::INT4,
        "int8" => Type::INT8,
        "float8" => Type::FLOAT8,
        "bool" => Type::BOOL,
        "timestamptz" => Type::TIMESTAMPTZ,
        "text" => Type::TEXT,
        "jsonb" => Type::JSONB,
        "int8[]" => Type::INT8_ARRAY,
        "uuid[]" => Type::UUID_ARRAY,
        "text[]" => Type::TEXT_ARRAY,
        other => {
            return Err(StoreError::Row(format!("column `{}` has the unknown type {other}", column.name)));
        }
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use read_store::{Json, embedded::EmbeddedServer};
    use serde_json::{Value, json, value::RawValue};
    use uuid::Uuid;

    use super::{super::table_row, *};
    use crate::table::upsert;

    table_row! {
        /// A column of every type, there and not there.
        struct Everything {
            id: Uuid,
            small: i32,
            large: Option<i64>,
            share: f64,
            yes: bool,
            at: Timestamp,
            r#type: String,
            said: Option<String>,
            told: Value,
            raw: Json<Box<RawValue>>,
            numbers: Vec<i64>,
            ids: Vec<Uuid>,
            words: Option<Vec<String>>,
        }
    }

    fn row(number: u128, there: bool) -> Everything {
        Everything {
            id: Uuid::from_u128(number),
            small: -7,
            large: there.then_some(i64::MAX),
            share: 0.25,
            yes: there,
            at: Timestamp::UNIX_EPOCH,
            r#type: "with a \0".to_owned(),
            said: there.then(|| "said".to_owned()),
            told: json!({ "a\0": ["b\0"] }),
            raw: Json(RawValue::from_string(r#"{"a":  "\u0000"}"#.to_owned()).unwrap()),
            numbers: vec![1, -2],
            ids: if there { vec![Uuid::from_u128(number)] } else { Vec::new() },
            words: there.then(|| vec!["a,\"b\"".to_owned(), "\0".to_owned()]),
        }
    }

    #[tokio::test]
    async fn copied_rows_are_those_that_are_inserted() {
        let directory = tempfile::tempdir().unwrap();
        let server = EmbeddedServer::start(directory.path()).await.unwrap();
        let mut client = server.store().client().await.unwrap();
        for table in ["copied", "inserted"] {
            let columns: Vec<String> = Everything::COLUMNS
                .iter()
                .map(|column| format!("\"{}\" {}", column.name, column.sql))
                .collect();
            let create = format!(
                "create schema if not exists elite; create table {table} ({}, primary key (id))",
                columns.join(", ")
            );
            client.batch_execute(&create).await.unwrap();
        }
        let rows = [row(1, true), row(2, false), row(3, true)];
        let replaced = [row(2, true), row(3, false)];
        let tx = client.transaction().await.unwrap();
        for rows in [&rows[..], &replaced] {
            let rows: Vec<&Everything> = rows.iter().collect();
            merge(&tx, "copied", "id", &rows).await.unwrap();
            upsert(&tx, "inserted", "id", &rows).await.unwrap();
        }
        let differing = "select count(*) from (table copied except table inserted) as differing";
        let told = tx.query_one(differing, &[]).await.unwrap();
        assert_eq!(told.get::<_, i64>(0), 0);
        assert_eq!(tx.query_one("select count(*) from copied", &[]).await.unwrap().get::<_, i64>(0), 3);
        drop(tx);
        drop(client);
        server.stop().await;
    }
}
