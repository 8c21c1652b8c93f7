//! What a search is quick with: extensions, and indexes that exist only where these do. Not part of any table's definition,
//! because read models are kept and replayed without them, too.

use read_store::{Client, Store, StoreError, StoreKind};

use crate::{
    chunks, embeddings,
    query::{IndexedBy, VectorSupport, compared, index_name, indexed_rows, is_before_halves, search_support},
};

/// Any number that nobody else's advisory locks use.
const LOCK: i64 = 0x656c_6974_6502;

/// Brings in the extensions that the server has and lets us have, and makes what indexes they allow. What cannot be had is left
/// out: the search says so with its answers, and `elite doctor` what to do.
pub async fn prepare_search(store: &Store) -> Result<(), StoreError> {
    let client = store.client().await?;
    for extension in ["vector", "pg_trgm"] {
        let create = format!("create extension if not exists {extension} with schema public");
        if let Err(error) = client.batch_execute(&create).await {
            tracing::info!(extension, %error, "search does without an extension");
        }
    }
    if search_support(&client, None).await?.trigrams {
        let table = chunks::TABLE;
        let on = format!("elite.{table} using gin (heading gin_trgm_ops)");
        make(&client, store.kind(), &format!("{table}_heading"), &on).await?;
    }
    let sql = "select distinct model, array_length(vector, 1) from elite.embeddings where in_use";
    for row in client.query(sql, &[]).await? {
        let dimensions = row.get::<_, i32>(1).unsigned_abs() as usize;
        index_one(&client, store.kind(), row.get(0), dimensions).await?;
    }
    Ok(())
}

/// Makes the index on the vectors of `model`, if there are vectors and pgvector can have one. Says whether more of them would
/// change nothing.
pub async fn index_vectors(store: &Store, model: &str) -> Result<bool, StoreError> {
    let client = store.client().await?;
    let sql = "select array_length(vector, 1) from elite.embeddings where model = $1 and in_use limit 1";
    let Some(row) = client.query_opt(sql, &[&model]).await? else { return Ok(false) };
    index_one(&client, store.kind(), model, row.get::<_, i32>(0).unsigned_abs() as usize).await?;
    Ok(true)
}

async fn index_one(
    client: &Client,
    kind: StoreKind,
    model: &str,
    dimensions: usize,
) -> Result<(), StoreError> {
    let support = search_support(client, Some((model, dimensions))).await?;
    let VectorSupport::Present { version, .. } = support.vectors else { return Ok(()) };
    let Some(by) = kept_as(kind, &version, dimensions) else { return Ok(()) };
    let operators = match by {
        IndexedBy::Vector => "vector_cosine_ops",
        IndexedBy::HalfVector => "halfvec_cosine_ops",
    };
    let on = format!(
        "elite.{} using hnsw ({} {operators}) where {}",
        embeddings::TABLE,
        compared(Some(by), dimensions),
        indexed_rows(model, dimensions)
    );
    make(client, kind, &index_name(model, dimensions), &on).await
}

/// How an index keeps vectors; none where pgvector is too old for half vectors, or the vectors are too long (its README, "HNSW").
/// The embedded server has no processor instructions for halves, and takes ten times as long with them.
fn kept_as(kind: StoreKind, version: &str, dimensions: usize) -> Option<IndexedBy> {
    match kind {
        _ if is_before_halves(version) => None,
        StoreKind::Embedded => (dimensions <= 2_000).then_some(IndexedBy::Vector),
        StoreKind::Server => (dimensions <= 4_000).then_some(IndexedBy::HalfVector),
    }
}

/// Makes an index unless it is there, on a server without keeping those out who write. One at a time; what an interrupted one left
/// is made anew.
async fn make(client: &Client, kind: StoreKind, name: &str, on: &str) -> Result<(), StoreError> {
    let concurrently = if kind == StoreKind::Server { "concurrently" } else { "" };
    let there =
        "select i.indisvalid from pg_catalog.pg_index i where i.indexrelid = to_regclass('elite.' || $1)";
    if client.query_opt(there, &[&name]).await?.is_some_and(|row| row.get(0)) {
        return Ok(());
    }
    if !client.query_one("select pg_try_advisory_lock($1)", &[&LOCK]).await?.get::<_, bool>(0) {
        return Ok(());
    }
    let made = async {
        if client.query_opt(there, &[&name]).await?.is_some_and(|row| !row.get::<_, bool>(0)) {
            client.batch_execute(&format!("drop index {concurrently} elite.{name}")).await?;
        }
        client.batch_execute(&format!("create index {concurrently} if not exists {name} on {on}")).await?;
        Ok(())
    };
    let made = made.await;
    client.query_one("select pg_advisory_unlock($1)", &[&LOCK]).await?;
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_made_of_what_the_server_can_keep() {
        assert_eq!(kept_as(StoreKind::Server, "0.8.0", 384), Some(IndexedBy::HalfVector));
        assert_eq!(kept_as(StoreKind::Server, "0.10.0", 4_000), Some(IndexedBy::HalfVector));
        assert_eq!(kept_as(StoreKind::Server, "0.6.2", 384), None);
        assert_eq!(kept_as(StoreKind::Embedded, "0.8.0", 384), Some(IndexedBy::Vector));
        assert_eq!(kept_as(StoreKind::Embedded, "0.8.0", 2_001), None);
    }
}
