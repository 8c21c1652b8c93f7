//! Copying and merging many rows, on a server and on the embedded PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use read_store::{
    Store, StoreError, ToSql, Type,
    bulk::{self, RawJsonb, Rows},
};
use uuid::Uuid;

const COLUMNS: [&str; 4] = ["id", "name", "number", "body"];

fn rows() -> Rows {
    Rows::new(&[Type::UUID, Type::TEXT, Type::INT8, Type::JSONB])
}

async fn merged(store: &Store, copied: Rows) -> Result<u64, StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let written = bulk::merge(&tx, "merged", &COLUMNS, "id", copied).await?;
    tx.commit().await?;
    Ok(written)
}

async fn text(store: &Store, sql: &str) -> String {
    store.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

/// Two merges that overlap, twice in one session; then one that is refused.
async fn rows_are_added_and_replaced(store: &Store) {
    let table = "create schema if not exists elite;
                 create table elite.merged (id uuid primary key, name text, number bigint not null, body jsonb)";
    store.client().await.unwrap().batch_execute(table).await.unwrap();
    for (first, last, name) in [(1_u64, 3_000_u64, Some("old")), (2_001, 5_000, None)] {
        let mut copied = rows();
        for number in first..=last {
            let body = format!(r#"{{"n":  {number}}}"#);
            let (id, number) = (Uuid::from_u128(number.into()), i64::try_from(number).unwrap());
            copied.push(&[&id, &name, &number, &RawJsonb(body.as_bytes())]).unwrap();
        }
        assert_eq!(merged(store, copied).await.unwrap(), 3_000);
    }
    let told = "select count(*) || ' ' || count(name) || ' ' || sum(number) || ' ' || sum((body->>'n')::int8) from merged";
    assert_eq!(text(store, told).await, "5000 2000 12502500 12502500");

    let none: Option<i64> = None;
    let mut refused = rows();
    refused.push(&[&Uuid::from_u128(9_999), &"x", &none, &RawJsonb(b"{}")]).unwrap();
    let error = merged(store, refused).await.unwrap_err();
    assert!(error.is_about_the_data(), "{error}");
    let mut unreadable = rows();
    unreadable.push(&[&Uuid::from_u128(9_999), &"x", &1_i64, &RawJsonb(b"{")]).unwrap();
    assert!(merged(store, unreadable).await.unwrap_err().is_about_the_data());
    assert_eq!(text(store, told).await, "5000 2000 12502500 12502500", "and the session goes on");
    assert_eq!(merged(store, rows()).await.unwrap(), 0);
}

#[tokio::test]
async fn rows_are_added_and_replaced_on_a_server() {
    let store = Store::connect(&servers::postgres().database(), 1).unwrap();
    rows_are_added_and_replaced(&store).await;
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn rows_are_added_and_replaced_in_the_embedded_postgresql() {
    let directory = tempfile::tempdir().unwrap();
    let server =
        read_store::embedded::EmbeddedServer::start(&directory.path().join("postgres")).await.unwrap();
    rows_are_added_and_replaced(server.store()).await;
    server.stop().await;
}

#[test]
fn a_row_that_does_not_fit_its_columns_is_refused_in_words() {
    let values: [&(dyn ToSql + Sync); 2] = [&1_i64, &2_i64];
    let told = rows().push(&values).unwrap_err().to_string();
    assert_eq!(told, "a row cannot be copied: a row of 2 values for 4 columns");
    let wrong: [&(dyn ToSql + Sync); 4] = [&1_i64, &"x", &1_i64, &RawJsonb(b"{}")];
    assert!(rows().push(&wrong).unwrap_err().is_about_the_data());
}
