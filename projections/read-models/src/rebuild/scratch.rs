//! The schema that a replay fills. Somebody holds it for as long as it is filled, so that one nobody holds can be cleared away.

use read_store::{Client, GenericClient, Store, StoreError, StoreKind, Transaction};

use super::indexes::Later;
use crate::{Projections, RebuildError};

/// Any number that nobody else's pairs of advisory lock numbers begin with.
const LOCKS: i32 = 0x656c_0003;

/// A schema with tables of its own, held by this process.
pub(super) struct Scratch {
    pub(super) schema: String,
    /// Whether it is only worth something while it is filled.
    temporary: bool,
    /// What is made when the tables are full.
    pub(super) later: Option<Later>,
    _held: Held,
}

/// A session that holds a schema by an advisory lock, which ends with the session. An embedded server has one session and
/// one process, so nobody needs to ask.
struct Held(Option<Client>);

impl Held {
    async fn take(store: &Store, schema: &str) -> Result<Option<Self>, StoreError> {
        if store.kind() == StoreKind::Embedded {
            return Ok(Some(Self(None)));
        }
        let client = store.client().await?;
        let row =
            client.query_one("select pg_try_advisory_lock($1, hashtext($2))", &[&LOCKS, &schema]).await?;
        let held = Self(Some(client));
        Ok(row.get::<_, bool>(0).then_some(held))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            // Closed, not given back: the lock must not outlive us in the pool.
            drop(Client::take(client));
        }
    }
}

impl Scratch {
    /// Makes a schema with the empty tables of `projections`.
    pub(super) async fn create(store: &Store, projections: &Projections) -> Result<Self, RebuildError> {
        let schema: String = {
            let client = store.client().await?;
            let name = "select 'elite_scratch_' || replace(gen_random_uuid()::text, '-', '')";
            client.query_one(name, &[]).await.map_err(StoreError::from)?.get(0)
        };
        let mut scratch = Self::hold(store, schema, true).await?;
        scratch.later = Some(scratch.make_tables(store, projections).await?);
        Ok(scratch)
    }

    /// Takes hold of a schema that is there and stays whatever happens.
    pub(super) async fn adopt(store: &Store, schema: &str) -> Result<Self, RebuildError> {
        Self::hold(store, schema.to_owned(), false).await
    }

    async fn hold(store: &Store, schema: String, temporary: bool) -> Result<Self, RebuildError> {
        match Held::take(store, &schema).await? {
            Some(held) => Ok(Self { schema, temporary, later: None, _held: held }),
            None => Err(RebuildError::Held(schema)),
        }
    }

    async fn make_tables(&self, store: &Store, projections: &Projections) -> Result<Later, StoreError> {
        let mut client = store.client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute(&format!("create schema {}", self.schema)).await?;
        self.enter(&tx).await?;
        for projection in projections.projections() {
            tx.batch_execute(projection.create_sql()).await?;
        }
        let later = Later::leave_out(&tx, &self.schema, projections).await?;
        tx.commit().await?;
        Ok(later)
    }

    /// Lets unqualified names mean these tables until the transaction ends, and never the live ones: not even when these
    /// have become live by a switch whose answer was lost.
    pub(super) async fn enter(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        tx.batch_execute(&format!("set local search_path = {}, public", self.schema)).await?;
        Ok(())
    }

    /// Whether the schema is gone, because its tables are live.
    pub(super) async fn is_gone(&self, store: &Store) -> Result<bool, StoreError> {
        let client = store.client().await?;
        Ok(client.query_one("select to_regnamespace($1) is null", &[&self.schema]).await?.get(0))
    }

    /// Removes the scratch if it is temporary; what cannot be removed now is cleared away by the next who looks.
    pub(super) async fn discard(&self, store: &Store) {
        if !self.temporary {
            return;
        }
        let removed = async {
            let client = store.client().await?;
            client.batch_execute(&format!("drop schema if exists {} cascade", self.schema)).await?;
            Ok::<_, StoreError>(())
        };
        if let Err(error) = removed.await {
            tracing::warn!(%error, schema = self.schema, "the scratch schema of a replay could not be dropped");
        }
    }
}

/// The schemas that replays fill, or left when they were interrupted.
async fn all(client: &impl GenericClient) -> Result<Vec<String>, StoreError> {
    let sql =
        "select nspname::text from pg_catalog.pg_namespace where nspname ~ '^elite_scratch_[0-9a-f]{32}$'";
    Ok(client.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// Drops what interrupted replays left. On a server that is what nobody holds; on an embedded one the caller must know that
/// no replay is under way.
pub(crate) async fn sweep(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut client = store.client().await?;
    let mut dropped = Vec::new();
    for schema in all(&client).await? {
        let tx = client.transaction().await?;
        let free = "select pg_try_advisory_xact_lock($1, hashtext($2))";
        if tx.query_one(free, &[&LOCKS, &schema]).await?.get(0) {
            tx.batch_execute(&format!("drop schema if exists {schema} cascade")).await?;
            tx.commit().await?;
            tracing::info!(schema, "dropped what an interrupted replay left");
            dropped.push(schema);
        }
    }
    Ok(dropped)
}

/// Drops what interrupted replays left on a server; an embedded one is cleared when it is opened, because later nobody can
/// tell what is left from what is under way.
pub async fn clear_abandoned(store: &Store) -> Result<Vec<String>, StoreError> {
    if store.kind() == StoreKind::Embedded { Ok(Vec::new()) } else { sweep(store).await }
}

/// The schemas that interrupted replays left on a server.
pub async fn abandoned(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut client = store.client().await?;
    if store.kind() == StoreKind::Embedded {
        return Ok(Vec::new());
    }
    let tx = client.transaction().await?;
    let mut left = Vec::new();
    for schema in all(&tx).await? {
        let free = "select pg_try_advisory_xact_lock($1, hashtext($2))";
        if tx.query_one(free, &[&LOCKS, &schema]).await?.get(0) {
            left.push(schema);
        }
    }
    tx.rollback().await?;
    Ok(left)
}
