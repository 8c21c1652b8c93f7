//! Schemas that outlive the replay that made them: tables that were live before, to go back to, and history to query.

use std::collections::BTreeMap;

use jiff::Timestamp;
use read_store::{GenericClient, Store, StoreError, Transaction};
use serde::Serialize;

use super::skipped::Parked;
use crate::{Belonging, PROJECTIONS};

/// Any number that nobody else's advisory locks use.
const LOCK: i64 = 0x656c_6974_6502;

/// Why a schema is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Its tables were live until others took their place.
    Retired,
    /// It shows what was known at some time.
    AsOf,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::AsOf => "as_of",
        }
    }
}

/// A read model in a kept schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The schema.
    pub schema: String,
    /// Why it is kept.
    pub kind: Kind,
    /// The read model.
    pub projection: String,
    /// Its version.
    pub version: u32,
    /// What was asked for, of a schema with history.
    pub asked: Option<String>,
    /// Since when.
    pub kept_at: Timestamp,
    /// How far each partition is folded into it.
    pub positions: BTreeMap<u16, u64>,
    /// Its tables.
    #[serde(skip)]
    pub(super) tables: Vec<String>,
}

/// A row to be recorded.
pub(super) struct Row<'a> {
    pub(super) schema: &'a str,
    pub(super) kind: Kind,
    pub(super) projection: &'a str,
    pub(super) version: u32,
    pub(super) tables: &'a [String],
    pub(super) asked: Option<&'a str>,
}

/// How far tables are folded, and what was left out.
pub(super) struct Vector {
    pub(super) positions: BTreeMap<u16, u64>,
    pub(super) parked: Parked,
}

/// Whoever keeps a schema and whoever looks for schemas that hold rows of a person wait for each other, until `tx` ends.
pub(super) async fn fence(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.batch_execute(&format!("select pg_advisory_xact_lock({LOCK})")).await?)
}

pub(super) async fn record(tx: &Transaction<'_>, row: &Row<'_>) -> Result<(), StoreError> {
    let version = i32::try_from(row.version).unwrap_or(i32::MAX);
    tx.execute(
        "insert into elite.kept_schema (schema, projection, kind, version, tables, asked) values ($1, $2, $3, $4, $5, $6)",
        &[&row.schema, &row.projection, &row.kind.name(), &version, &row.tables, &row.asked],
    )
    .await?;
    Ok(())
}

pub(super) async fn record_vector(tx: &Transaction<'_>, schema: &str, at: &Vector) -> Result<(), StoreError> {
    for (partition, position) in &at.positions {
        let parked: Vec<i64> =
            at.parked.keys().filter(|place| place.0 == *partition).map(|place| signed(place.1)).collect();
        tx.execute(
            "insert into elite.kept_position (schema, partition, position, parked) values ($1, $2, $3, $4)",
            &[&schema, &i32::from(*partition), &signed(*position), &parked],
        )
        .await?;
    }
    Ok(())
}

/// Notes that a kept schema is folded further in one partition; false if it is not where the caller thinks.
pub(super) async fn advance(
    tx: &Transaction<'_>,
    schema: &str,
    partition: u16,
    from: u64,
    to: u64,
) -> Result<bool, StoreError> {
    let moved = tx
        .execute(
            "update elite.kept_position set position = $4 where schema = $1 and partition = $2 and position = $3",
            &[&schema, &i32::from(partition), &signed(from), &signed(to)],
        )
        .await?;
    Ok(moved == 1)
}

/// Where the tables of a kept schema are, and the places that were parked then.
pub(super) async fn places(
    client: &impl GenericClient,
    schema: &str,
) -> Result<BTreeMap<u16, (u64, Vec<u64>)>, StoreError> {
    let sql = "select partition, position, parked from elite.kept_position where schema = $1";
    let rows = client.query(sql, &[&schema]).await?;
    let place = |row: &read_store::Row| {
        let parked = row.get::<_, Vec<i64>>(2).into_iter().map(i64::unsigned_abs).collect();
        (
            u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(),
            (row.get::<_, i64>(1).unsigned_abs(), parked),
        )
    };
    Ok(rows.iter().map(place).collect())
}

fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// Every kept read model.
pub async fn kept(store: &Store) -> Result<Vec<Kept>, StoreError> {
    list(&store.client().await?).await
}

async fn list(client: &impl GenericClient) -> Result<Vec<Kept>, StoreError> {
    let rows = client
        .query(
            "select schema, kind, projection, version, asked, kept_at, tables from elite.kept_schema
             order by kind, kept_at, schema, projection",
            &[],
        )
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let schema: String = row.get(0);
        let positions = places(client, &schema).await?.into_iter().map(|(partition, at)| (partition, at.0));
        all.push(Kept {
            positions: positions.collect(),
            schema,
            kind: if row.get::<_, &str>(1) == "as_of" { Kind::AsOf } else { Kind::Retired },
            projection: row.get(2),
            version: row.get::<_, i32>(3).unsigned_abs(),
            asked: row.get(4),
            kept_at: row.get(5),
            tables: row.get(6),
        });
    }
    Ok(all)
}

/// A kept schema's tables are about to be live, and kept no more.
pub(super) async fn release(tx: &Transaction<'_>, schema: &str) -> Result<(), StoreError> {
    tx.execute("delete from elite.kept_schema where schema = $1", &[&schema]).await?;
    tx.execute("delete from elite.kept_position where schema = $1", &[&schema]).await?;
    Ok(())
}

/// Drops the earlier tables that are kept of these projections, but those in `spared`. Returns the names of what was dropped.
pub(super) async fn forget(
    tx: &Transaction<'_>,
    spared: Option<&str>,
    projections: &[&str],
) -> Result<Vec<String>, StoreError> {
    let mut dropped = Vec::new();
    let of_these = |one: &Kept| {
        one.kind == Kind::Retired
            && projections.contains(&one.projection.as_str())
            && spared != Some(&one.schema)
    };
    for one in list(tx).await?.into_iter().filter(of_these) {
        dropped.push(drop_one(tx, &one).await?);
    }
    drop_empty(tx).await?;
    Ok(dropped)
}

/// Lets go of what was kept of these projections before `retired`. It takes a while, so it is not part of the switch; what is
/// left after a failure is dropped the next time.
pub(super) async fn forget_before(store: &Store, retired: &str, projections: &[&str]) {
    let forgotten = async {
        let mut client = store.client().await?;
        let tx = client.transaction().await?;
        forget(&tx, Some(retired), projections).await?;
        Ok::<_, StoreError>(tx.commit().await?)
    };
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "tables from before an earlier rebuild could not be dropped");
    }
}

async fn drop_one(tx: &Transaction<'_>, one: &Kept) -> Result<String, StoreError> {
    for table in &one.tables {
        tx.batch_execute(&format!("drop table if exists {}.\"{table}\" cascade", one.schema)).await?;
    }
    tx.execute(
        "delete from elite.kept_schema where schema = $1 and projection = $2",
        &[&one.schema, &one.projection],
    )
    .await?;
    Ok(format!("{}.{}", one.schema, one.projection))
}

/// Drops kept schemas that no record names any more.
async fn drop_empty(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let rows = tx
        .query(
            "delete from elite.kept_position p where not exists (select from elite.kept_schema k where k.schema = p.schema)
             returning schema, not exists (select from pg_catalog.pg_tables t where t.schemaname = schema)",
            &[],
        )
        .await?;
    let empty = rows.iter().filter(|row| row.get::<_, bool>(1)).map(|row| row.get::<_, &str>(0));
    for schema in empty.collect::<std::collections::BTreeSet<_>>() {
        tx.batch_execute(&format!("drop schema if exists {schema} cascade")).await?;
    }
    Ok(())
}

/// Drops what is kept of these projections' earlier tables, of all if none is named.
pub async fn forget_retired(store: &Store, projections: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let all: Vec<&str> = PROJECTIONS.iter().map(|projection| projection.name()).collect();
    let named = if projections.is_empty() { &all } else { projections };
    let dropped = forget(&tx, None, named).await?;
    tx.commit().await?;
    Ok(dropped)
}

/// Drops a schema with history; false if there is none of that name.
pub async fn drop_as_of(store: &Store, schema: &str) -> Result<bool, StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let found = drop_schema(&tx, schema, Kind::AsOf).await?;
    tx.commit().await?;
    Ok(found)
}

async fn drop_schema(tx: &Transaction<'_>, schema: &str, kind: Kind) -> Result<bool, StoreError> {
    let sql = "delete from elite.kept_schema where schema = $1 and kind = $2";
    let found = tx.execute(sql, &[&schema, &kind.name()]).await? > 0;
    if found {
        tx.execute("delete from elite.kept_position where schema = $1", &[&schema]).await?;
        tx.batch_execute(&format!("drop schema if exists {schema} cascade")).await?;
    }
    Ok(found)
}

/// Drops every kept schema that holds rows of a data subject, or may hold some: of another version than this release's it
/// is not known which rows are whose. The erasure must be folded before. Returns the names of what was dropped.
pub async fn drop_kept_about(store: &Store, tenant: &str, subject: &str) -> Result<Vec<String>, StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    fence(&tx).await?;
    let mut dropped = Vec::new();
    for one in list(&tx).await? {
        if !holds(&tx, &one, tenant, subject).await? {
            continue;
        }
        match one.kind {
            Kind::Retired => dropped.push(drop_one(&tx, &one).await?),
            // What is left of it would no longer be what was known then.
            Kind::AsOf if drop_schema(&tx, &one.schema, Kind::AsOf).await? => dropped.push(one.schema),
            Kind::AsOf => {}
        }
    }
    drop_empty(&tx).await?;
    tx.commit().await?;
    Ok(dropped)
}

async fn holds(tx: &Transaction<'_>, one: &Kept, tenant: &str, subject: &str) -> Result<bool, StoreError> {
    let current = PROJECTIONS.iter().find(|projection| projection.name() == one.projection);
    let Some(projection) = current.filter(|projection| projection.version() == one.version) else {
        return Ok(true);
    };
    // A schema that is gone already.
    if tx.query_one("select to_regnamespace($1) is null", &[&one.schema]).await?.get(0) {
        return Ok(false);
    }
    tx.batch_execute(&format!("set local search_path = {}, elite, public", one.schema)).await?;
    for Belonging { table, rows } in projection.belongings() {
        let sql = format!("select exists (select from {}.{table} where {rows})", one.schema);
        if tx.query_one(&sql, &[&tenant, &subject]).await?.get(0) {
            return Ok(true);
        }
    }
    Ok(false)
}
