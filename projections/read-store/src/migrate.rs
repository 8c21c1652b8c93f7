//! Forward-only migrations, embedded in the binary, applied in order under a lock.
//!
//! The history table has the shape Supabase's tools use, so that they and we see the same history.

use deadpool_postgres::Client;
use serde::Serialize;

use crate::{Store, StoreError, StoreKind};

/// One migration file.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Migration {
    /// Leading timestamp, `YYYYMMDDHHMMSS`.
    pub version: &'static str,
    /// What follows the timestamp in the file's name.
    pub name: &'static str,
    #[serde(skip)]
    sql: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $version, "_", $name, ".sql")),
        }),+]
    };
}

/// Every migration, oldest first.
pub const MIGRATIONS: &[Migration] = migrations![
    "20261122140000" "create_bookkeeping",
    "20261122140100" "create_text_search",
    "20261122200000" "create_worker",
    "20261122200100" "share_todo_fairly",
    "20261122200200" "create_subject_key",
    "20261122200300" "record_erasures",
    "20261122205000" "digest_checkpoints",
    "20261122210000" "keep_schemas",
];

/// Any number that nobody else's advisory locks use.
const LOCK: i64 = 0x656c_6974_6500;

const HISTORY: &str = "
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
        version text primary key, statements text[], name text
    )";

/// Applies what is missing and returns it.
pub async fn apply(store: &Store) -> Result<Vec<Migration>, StoreError> {
    let mut client = store.client().await?;
    if store.kind() == StoreKind::Server {
        // Whoever migrates may wait for another who does, and a table may be large.
        client.batch_execute("set lock_timeout = 0; set statement_timeout = 0").await?;
    }
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await?;
    let applied = apply_missing(&mut client).await;
    client.execute("select pg_advisory_unlock($1)", &[&LOCK]).await?;
    if store.kind() == StoreKind::Server {
        // Nobody else gets a session without limits.
        drop(Client::take(client));
    }
    applied
}

async fn apply_missing(client: &mut Client) -> Result<Vec<Migration>, StoreError> {
    client.batch_execute(HISTORY).await?;
    let missing = missing(client).await?;
    for migration in &missing {
        let tx = client.transaction().await?;
        tx.batch_execute(migration.sql).await?;
        tx.execute(
            "insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)",
            &[&migration.version, &vec![migration.sql], &migration.name],
        )
        .await?;
        tx.commit().await?;
    }
    Ok(missing)
}

async fn missing(client: &Client) -> Result<Vec<Migration>, StoreError> {
    let rows = client.query("select version from supabase_migrations.schema_migrations", &[]).await?;
    let applied: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    Ok(MIGRATIONS
        .iter()
        .filter(|migration| !applied.iter().any(|version| version == migration.version))
        .copied()
        .collect())
}

/// The migrations that are still to be applied; all of them on an empty database.
pub async fn pending(store: &Store) -> Result<Vec<Migration>, StoreError> {
    let client = store.client().await?;
    let known = "select to_regclass('supabase_migrations.schema_migrations') is not null";
    if client.query_one(known, &[]).await?.get(0) { missing(&client).await } else { Ok(MIGRATIONS.to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_listed_in_the_order_of_their_versions() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.version));
    }
}
