//! Moving tables and views: the replayed ones become live, the live ones are kept.

use read_store::{StoreError, Transaction};

use super::kept::{self, Vector};
use crate::{
    PROJECTIONS, Projection, Projections,
    install::{make_derived_views, point_view, record},
};

/// Puts the tables in `schema` in the place of the live ones and shows them; returns where those are kept now, if there were
/// any. Views come first, as they do for readers: so nobody holds what we wait for and waits for what we hold.
pub(super) async fn swap_in(
    tx: &mut Transaction<'_>,
    schema: &str,
    projections: &Projections,
    at: &Vector,
) -> Result<Option<String>, StoreError> {
    let mut moves = Vec::new();
    for projection in projections.projections() {
        moves.push(Move::of(tx, *projection).await?);
    }
    for projection in projections.projections() {
        point_view(tx, *projection, schema).await?;
    }
    let retired = format!("elite_retired_{}", unique(tx).await?);
    tx.batch_execute(&format!("create schema {retired}")).await?;
    kept::release(tx, schema).await?;
    for one in &moves {
        one.run(tx, schema, &retired).await?;
        if let Some(version) = one.version {
            let kept = kept::Row {
                schema: &retired,
                kind: kept::Kind::Retired,
                projection: one.projection.name(),
                version,
                tables: &one.retired,
                asked: None,
            };
            kept::record(tx, &kept).await?;
        }
        record(tx, one.projection).await?;
    }
    if moves.iter().any(|one| one.version != Some(one.projection.version())) {
        make_derived_views(tx).await?;
    }
    tx.batch_execute(&format!("drop schema {schema}")).await?;
    let keeps = moves.iter().any(|one| one.version.is_some());
    if keeps {
        kept::record_vector(tx, &retired, at).await?;
    } else {
        tx.batch_execute(&format!("drop schema {retired} cascade")).await?;
    }
    Ok(keeps.then_some(retired))
}

async fn unique(tx: &Transaction<'_>) -> Result<String, StoreError> {
    Ok(tx.query_one("select replace(gen_random_uuid()::text, '-', '')", &[]).await?.get(0))
}

/// What happens to the tables of one projection.
struct Move {
    projection: &'static dyn Projection,
    /// The version that was live; none for a read model that is new.
    version: Option<u32>,
    /// Tables that were live, and are kept.
    retired: Vec<String>,
    /// Tables that nobody ever read: made empty for a version that was still to be filled.
    empty: Vec<String>,
}

impl Move {
    async fn of(tx: &Transaction<'_>, projection: &'static dyn Projection) -> Result<Self, StoreError> {
        let shown = super::compare::shown_table(tx, projection.name()).await?;
        let version = super::compare::version_live(tx, projection.name()).await?;
        let all = tables_of(tx, projection.name()).await?;
        let same = shown.as_deref() == Some(projection.tables()[0]);
        let new =
            |table: &String| version.is_none() || (!same && projection.tables().contains(&table.as_str()));
        let (empty, retired) = all.into_iter().partition(new);
        Ok(Self { projection, version, retired, empty })
    }

    async fn run(&self, tx: &Transaction<'_>, schema: &str, retired: &str) -> Result<(), StoreError> {
        for table in &self.empty {
            tx.batch_execute(&format!("drop table elite.\"{table}\" cascade")).await?;
        }
        for table in &self.retired {
            tx.batch_execute(&format!("alter table elite.\"{table}\" set schema {retired}")).await?;
        }
        for table in self.projection.tables() {
            tx.batch_execute(&format!("alter table {schema}.{table} set schema elite")).await?;
        }
        Ok(())
    }
}

/// The live tables of a projection, of whatever version: named after it, with something between name and version or not.
async fn tables_of(tx: &Transaction<'_>, name: &str) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query(
            "select tablename::text from pg_catalog.pg_tables
             where schemaname = 'elite' and tablename ~ ('^' || $1::text || '(_[a-z_]+)?_v[0-9]+$')",
            &[&name],
        )
        .await?;
    let longer = |table: &String| {
        let other = |other: &&&dyn Projection| {
            other.name().len() > name.len() && table.starts_with(&format!("{}_", other.name()))
        };
        PROJECTIONS.iter().any(|projection| other(&projection))
    };
    Ok(rows.iter().map(|row| row.get(0)).filter(|table| !longer(table)).collect())
}
