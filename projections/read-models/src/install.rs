//! Making the tables and views of this release in a database, whatever release was there before.

use std::collections::BTreeMap;

use read_store::{Store, StoreError, Transaction};

use crate::{
    Projection,
    catalogue::{DERIVED_VIEWS, PROJECTIONS, SUBSCRIPTION},
    rebuild::sweep,
};

/// Any number that nobody else's advisory locks use.
const LOCK: i64 = 0x656c_6974_6501;

/// Makes the tables of the current versions where they are missing and shows them through views.
///
/// Returns the projections whose rows are not there yet although the log was folded before: another version, or a new
/// read model. Rebuild them; until then their views show the earlier version, or what was folded since.
pub async fn install(store: &Store) -> Result<Vec<&'static str>, StoreError> {
    let mut client = store.client().await?;
    let mut tx = client.transaction().await?;
    tx.batch_execute(&format!("select pg_advisory_xact_lock({LOCK}); set local search_path = elite, public"))
        .await?;
    let state = Installed::read(&tx).await?;
    let mut outdated = Vec::new();
    for projection in PROJECTIONS {
        let made = create_if_missing(&tx, *projection).await?;
        let known = state.versions.get(projection.name()).copied();
        let current = known == Some(projection.version()) && !made;
        if current || !state.folded {
            point_view(&mut tx, *projection, "elite").await?;
            record(&tx, *projection).await?;
            continue;
        }
        outdated.push(projection.name());
        if !exists(&tx, "elite", projection.name()).await? {
            point_view(&mut tx, *projection, "elite").await?;
        }
    }
    make_derived_views(&mut tx).await?;
    tx.commit().await?;
    drop(client);
    // Whoever installs in an embedded server has it for itself, and no replay has begun yet.
    sweep(store).await?;
    Ok(outdated)
}

/// The projections that the database does not show in this release's version. Changes nothing; [`install`] does.
pub async fn outdated(store: &Store) -> Result<Vec<&'static str>, StoreError> {
    let client = store.client().await?;
    let rows = client.query("select name, version from elite.projection", &[]).await?;
    let version = |row: &read_store::Row| (row.get(0), row.get::<_, i32>(1).unsigned_abs());
    let versions: BTreeMap<String, u32> = rows.iter().map(version).collect();
    let shown =
        |projection: &&&dyn Projection| versions.get(projection.name()) == Some(&projection.version());
    Ok(PROJECTIONS
        .iter()
        .filter(|projection| !shown(projection))
        .map(|projection| projection.name())
        .collect())
}

/// What the database says is there.
struct Installed {
    versions: BTreeMap<String, u32>,
    folded: bool,
}

impl Installed {
    async fn read(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let rows = tx.query("select name, version from elite.projection", &[]).await?;
        let version = |row: &read_store::Row| (row.get(0), row.get::<_, i32>(1).unsigned_abs());
        let folded = tx
            .query_one(
                "select exists (select from elite.subscription_partition where subscription = $1 and position > 0)",
                &[&SUBSCRIPTION],
            )
            .await?;
        Ok(Self { versions: rows.iter().map(version).collect(), folded: folded.get(0) })
    }
}

/// Whether a table or a view is there.
pub(crate) async fn exists(tx: &Transaction<'_>, schema: &str, name: &str) -> Result<bool, StoreError> {
    let row = tx
        .query_one(
            "select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                            where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'v'))",
            &[&schema, &name],
        )
        .await?;
    Ok(row.get(0))
}

/// Makes all tables of a projection unless all are there. Says whether it made them.
async fn create_if_missing(tx: &Transaction<'_>, projection: &dyn Projection) -> Result<bool, StoreError> {
    let mut missing = false;
    for table in projection.tables() {
        missing |= !exists(tx, "elite", table).await?;
    }
    if missing {
        for table in projection.tables() {
            tx.batch_execute(&format!("drop table if exists elite.{table} cascade")).await?;
        }
        tx.batch_execute(projection.create_sql()).await?;
    }
    Ok(missing)
}

/// Lets the view show the projection's first table in `schema`. Views built on it survive as long as its columns do.
pub(crate) async fn point_view(
    tx: &mut Transaction<'_>,
    projection: &dyn Projection,
    schema: &str,
) -> Result<(), StoreError> {
    let (name, table) = (projection.name(), projection.tables()[0]);
    let create = format!("create or replace view elite.{name} as select * from {schema}.{table}");
    if try_sql(tx, &create).await?.is_err() {
        tx.batch_execute(&format!("drop view elite.{name} cascade; {create}")).await?;
    }
    Ok(())
}

/// Records which version the view shows.
pub(crate) async fn record(tx: &Transaction<'_>, projection: &dyn Projection) -> Result<(), StoreError> {
    let version = i32::try_from(projection.version()).unwrap_or(i32::MAX);
    tx.execute(
        "insert into elite.projection (name, version) values ($1, $2)
         on conflict (name) do update set version = excluded.version, installed_at = now()
         where elite.projection.version <> excluded.version",
        &[&projection.name(), &version],
    )
    .await?;
    Ok(())
}

/// Makes the views that span read models. While one of those still shows an earlier version such a view may be impossible;
/// the rebuild that ends that makes it.
pub(crate) async fn make_derived_views(tx: &mut Transaction<'_>) -> Result<(), StoreError> {
    let versions = Installed::read(tx).await?.versions;
    let current =
        |projection: &&dyn Projection| versions.get(projection.name()) == Some(&projection.version());
    let all_current = PROJECTIONS.iter().all(current);
    for (name, create) in DERIVED_VIEWS {
        let anew = format!("drop view if exists elite.{name} cascade; {create}");
        if try_sql(tx, create).await?.is_err()
            && let Err(error) = try_sql(tx, &anew).await?
        {
            if all_current {
                return Err(error);
            }
            tracing::info!(%error, view = name, "the view waits for a rebuild");
        }
    }
    Ok(())
}

/// Runs `sql`, undoing it alone if it fails. The outer error is that the transaction itself is lost.
async fn try_sql(tx: &mut Transaction<'_>, sql: &str) -> Result<Result<(), StoreError>, StoreError> {
    let attempt = tx.savepoint("attempt").await?;
    match attempt.batch_execute(sql).await {
        Ok(()) => {
            attempt.commit().await?;
            Ok(Ok(()))
        }
        Err(error) => {
            attempt.rollback().await?;
            Ok(Err(error.into()))
        }
    }
}
