//! Rows as typed columns: loading by key, and writing whole batches, with one `unnest` statement or copied and merged. Not a
//! query layer: this is what folds need and no more.

mod copying;

use event_model::BlobRef;
use jiff::Timestamp;
use read_store::{
    Json, Row, StoreError, ToSql, Transaction,
    bulk::{COPY_ROWS_MIN, Null},
};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

/// A Rust type that a column can have.
pub(crate) trait Cell {
    /// The column's type.
    const SQL: &'static str;
    /// The type it travels as. Differs for arrays, because `unnest` flattens arrays of arrays.
    const WIRE: &'static str = Self::SQL;
    /// What is sent.
    type Wire: ToSql + Sync + Send + 'static;

    /// The value to send.
    fn wire(&self) -> Self::Wire;

    /// The value to copy, which is always of the column's own type.
    fn copied(&self) -> Copied {
        Box::new(self.wire())
    }
}

/// A value that is copied.
pub(crate) type Copied = Box<dyn ToSql + Sync + Send>;

macro_rules! plain_cells {
    ($($type:ty => $sql:literal),+ $(,)?) => {
        $(impl Cell for $type {
            const SQL: &'static str = $sql;
            type Wire = $type;

            fn wire(&self) -> $type {
                *self
            }
        })+
    };
}

plain_cells!(Uuid => "uuid", i32 => "int4", i64 => "int8", f64 => "float8", bool => "bool", Timestamp => "timestamptz");

impl Cell for String {
    const SQL: &'static str = "text";
    type Wire = String;

    fn wire(&self) -> String {
        without_nul(self)
    }
}

impl Cell for Value {
    const SQL: &'static str = "jsonb";
    type Wire = Value;

    fn wire(&self) -> Value {
        let mut value = self.clone();
        remove_nul(&mut value);
        value
    }
}

impl Cell for Json<Box<RawValue>> {
    const SQL: &'static str = "jsonb";
    type Wire = Self;

    fn wire(&self) -> Self {
        Json(storable(&self.0))
    }
}

impl<T: Cell> Cell for Option<T> {
    const SQL: &'static str = T::SQL;
    const WIRE: &'static str = T::WIRE;
    type Wire = Option<T::Wire>;

    fn wire(&self) -> Self::Wire {
        self.as_ref().map(Cell::wire)
    }

    fn copied(&self) -> Copied {
        self.as_ref().map_or_else(|| Box::new(Null) as Copied, Cell::copied)
    }
}

macro_rules! array_cells {
    ($($type:ty => $sql:literal),+ $(,)?) => {
        $(impl Cell for Vec<$type> {
            const SQL: &'static str = $sql;
            const WIRE: &'static str = "text";
            type Wire = String;

            fn wire(&self) -> String {
                array_literal(self.iter().map(ToString::to_string))
            }

            fn copied(&self) -> Copied {
                Box::new(self.clone())
            }
        })+
    };
}

// Of a number Rust writes the shortest digits that read back as the same.
array_cells!(i64 => "int8[]", f32 => "float4[]", Uuid => "uuid[]");

impl Cell for Vec<String> {
    const SQL: &'static str = "text[]";
    const WIRE: &'static str = "text";
    type Wire = String;

    fn wire(&self) -> String {
        array_literal(self.iter().map(|item| without_nul(item)))
    }

    fn copied(&self) -> Copied {
        Box::new(self.iter().map(|item| without_nul(item)).collect::<Vec<_>>())
    }
}

fn array_literal(items: impl Iterator<Item = String>) -> String {
    let quoted: Vec<String> =
        items.map(|item| format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

/// PostgreSQL's text cannot hold U+0000; the replacement character stands in for it.
fn without_nul(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

fn remove_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = without_nul(text),
        Value::Array(items) => items.iter_mut().for_each(remove_nul),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                *fields = std::mem::take(fields).into_iter().map(|(k, v)| (without_nul(&k), v)).collect();
            }
            fields.values_mut().for_each(remove_nul);
        }
        _ => {}
    }
}

/// `json` as `jsonb` takes it: without U+0000, and as a string where its escapes are not Unicode.
fn storable(json: &RawValue) -> Box<RawValue> {
    if !json.get().contains("\\u") {
        return json.to_owned();
    }
    let mut value = serde_json::from_str(json.get()).unwrap_or_else(|_| Value::String(json.get().to_owned()));
    remove_nul(&mut value);
    serde_json::value::to_raw_value(&value).unwrap_or_else(|_| json.to_owned())
}

/// A column of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) sql: &'static str,
    /// The type it travels as.
    pub(crate) wire: &'static str,
}

/// The column of a field: its name, without the mark of a raw identifier.
pub(crate) const fn column_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', name @ ..] => match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => field,
        },
        _ => field,
    }
}

/// A row of a table. Made by [`table_row!`].
pub(crate) trait TableRow: Sized + Send + Sync {
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [Column];

    /// The row as loaded.
    fn read(row: &Row) -> Result<Self, StoreError>;

    /// A value for each column, to be copied.
    fn cells(&self) -> Vec<Copied>;

    /// One array for each column.
    fn columns(rows: &[&Self]) -> Vec<Box<dyn ToSql + Sync + Send>>;
}

/// Declares a struct whose fields are the columns of a table.
macro_rules! table_row {
    ($(#[$meta:meta])* struct $name:ident { $($field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)+
        }

        impl $crate::table::TableRow for $name {
            const COLUMNS: &'static [$crate::table::Column] = &[$($crate::table::Column {
                name: $crate::table::column_name(stringify!($field)),
                sql: <$type as $crate::table::Cell>::SQL,
                wire: <$type as $crate::table::Cell>::WIRE,
            },)+];

            fn read(row: &read_store::Row) -> Result<Self, read_store::StoreError> {
                Ok(Self { $($field: row.try_get($crate::table::column_name(stringify!($field)))?,)+ })
            }

            fn cells(&self) -> Vec<$crate::table::Copied> {
                vec![$($crate::table::Cell::copied(&self.$field),)+]
            }

            fn columns(rows: &[&Self]) -> Vec<Box<dyn read_store::ToSql + Sync + Send>> {
                vec![$(Box::new(
                    rows.iter().map(|row| $crate::table::Cell::wire(&row.$field)).collect::<Vec<_>>()
                ),)+]
            }
        }
    };
}
pub(crate) use table_row;

fn listed<T: TableRow>(each: impl Fn(&Column) -> String) -> String {
    T::COLUMNS.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// The rows of `table` whose `column` is one of `ids`.
pub(crate) async fn load<T: TableRow>(
    tx: &Transaction<'_>,
    table: &str,
    column: &str,
    ids: &[Uuid],
) -> Result<Vec<T>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let columns = listed::<T>(|column| format!("\"{}\"", column.name));
    let sql = format!("select {columns} from {table} where {column} = any($1)");
    let statement = tx.prepare_cached(&sql).await?;
    tx.query(&statement, &[&ids]).await?.iter().map(T::read).collect()
}

/// Writes rows; a row that is there is replaced. `key` lists the primary key's columns; no two rows may share it.
pub(crate) async fn upsert<T: TableRow>(
    tx: &Transaction<'_>,
    table: &str,
    key: &str,
    rows: &[&T],
) -> Result<u64, StoreError> {
    if rows.len() >= COPY_ROWS_MIN {
        return copying::merge(tx, table, key, rows).await;
    }
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = T::columns(rows);
    let parameters: Vec<&(dyn ToSql + Sync)> =
        columns.iter().map(|column| &**column as &(dyn ToSql + Sync)).collect();
    let statement = tx.prepare_cached(&upsert_sql::<T>(table, key)).await?;
    Ok(tx.execute(&statement, &parameters).await?)
}

/// Copies rows into the table, none of which may be there.
pub(crate) async fn append<T: TableRow>(
    tx: &Transaction<'_>,
    table: &str,
    rows: &[&T],
) -> Result<u64, StoreError> {
    copying::append(tx, table, rows).await
}

fn upsert_sql<T: TableRow>(table: &str, key: &str) -> String {
    let names = listed::<T>(|column| format!("\"{}\"", column.name));
    let values = listed::<T>(|column| format!("new.\"{}\"::{}", column.name, column.sql));
    let replaced = listed::<T>(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name));
    let wires: Vec<String> =
        (1..).zip(T::COLUMNS).map(|(number, column)| format!("${number}::{}[]", column.wire)).collect();
    format!(
        "insert into {table} ({names}) select {values} from unnest({}) as new({names})
         on conflict ({key}) do update set {replaced}",
        wires.join(", ")
    )
}

/// Removes the rows of `table` whose `column` is one of `ids`.
pub(crate) async fn delete(
    tx: &Transaction<'_>,
    table: &str,
    column: &str,
    ids: &[Uuid],
) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let statement = tx.prepare_cached(&format!("delete from {table} where {column} = any($1)")).await?;
    Ok(tx.execute(&statement, &[&ids]).await?)
}

/// A count as tables hold it.
pub(crate) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A small count as tables hold it.
pub(crate) fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A blob's name as tables hold it.
pub(crate) fn blob(name: &BlobRef) -> String {
    name.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_literal_survives_every_character_that_means_something_to_it() {
        let items = vec!["a,b".to_owned(), "{x}".into(), r#"say "hi" \ there"#.into(), String::new()];
        assert_eq!(items.wire(), r#"{"a,b","{x}","say \"hi\" \\ there",""}"#);
        assert_eq!(Vec::<i64>::new().wire(), "{}");
    }

    #[test]
    fn what_postgresql_cannot_hold_is_replaced_and_nothing_else_is() {
        let stored = |json: &str| storable(&RawValue::from_string(json.into()).unwrap()).get().to_owned();
        assert_eq!(stored(r#"{"a":  1}"#), r#"{"a":  1}"#);
        assert_eq!(
            stored(r#"{"a":"x\u0000y","b\u0000":"\\u0000"}"#),
            "{\"a\":\"x\u{fffd}y\",\"b\u{fffd}\":\"\\\\u0000\"}"
        );
        assert_eq!(stored(r#"{"a":"\ud800"}"#), r#""{\"a\":\"\\ud800\"}""#);
    }
}
