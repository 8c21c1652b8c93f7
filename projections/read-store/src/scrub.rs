//! Getting what was deleted off the disk. A deleted row stays in its file until the file is written anew, in the statistics
//! until they are taken anew, and in the write-ahead log until its segments are removed.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{Store, StoreError, StoreKind};

/// How long to wait for transactions that may still see what was deleted.
const WAIT_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a table may be waited for.
const LOCK_TIME_MAX: &str = "set lock_timeout = '20s'";

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What.
    pub what: String,
    /// Why it could not be done; none if it was.
    pub failed: Option<String>,
}

/// What was done, and what is left to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scrubbed {
    /// Every step.
    pub steps: Vec<Step>,
    /// What may still hold deleted rows, and what to do about it.
    pub left: Vec<String>,
}

impl Scrubbed {
    /// Whether nothing is left that is known of.
    pub fn is_complete(&self) -> bool {
        self.left.is_empty() && self.steps.iter().all(|step| step.failed.is_none())
    }

    fn record(&mut self, what: impl Into<String>, outcome: Result<(), StoreError>) {
        self.steps.push(Step { what: what.into(), failed: outcome.err().map(|error| error.to_string()) });
    }
}

/// Writes `tables` of schema `elite` anew with their indexes and statistics, and has the write-ahead log begin after that.
/// Tables are locked one after the other, each for as long as writing it takes.
pub async fn scrub(store: &Store, tables: &[&str]) -> Result<Scrubbed, StoreError> {
    let mut done = Scrubbed::default();
    wait_for_readers(store, &mut done).await?;
    for table in tables {
        let table = format!("elite.{table}");
        done.record(format!("write {table} anew"), vacuum(store, &table).await);
    }
    done.record("write the statistics anew", vacuum(store, "pg_catalog.pg_statistic").await);
    end_the_log(store, &mut done).await?;
    look_around(store, &mut done).await?;
    Ok(done)
}

/// A row that a running transaction may still see is not removed.
async fn wait_for_readers(store: &Store, done: &mut Scrubbed) -> Result<(), StoreError> {
    let begun = Instant::now();
    let now: String = {
        let client = store.client().await?;
        client.query_one("select pg_current_xact_id()::xid::text", &[]).await?.get(0)
    };
    loop {
        let client = store.client().await?;
        let older = "select exists (select from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()
                       and age(backend_xmin) > age($1::text::xid))";
        let may_see: bool = client.query_one(older, &[&now]).await?.get(0);
        drop(client);
        if !may_see {
            return Ok(());
        }
        if begun.elapsed() >= WAIT_MAX {
            let left = "a transaction that began before the erasure still runs, and rows it may see are kept for it; \
                        end it (see pg_stat_activity) and run the command again";
            done.left.push(left.to_owned());
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn vacuum(store: &Store, table: &str) -> Result<(), StoreError> {
    let client = store.client().await?;
    client.batch_execute(LOCK_TIME_MAX).await?;
    let vacuumed = client.batch_execute(&format!("vacuum (full, analyze) {table}")).await;
    client.batch_execute("reset lock_timeout").await?;
    Ok(vacuumed?)
}

async fn end_the_log(store: &Store, done: &mut Scrubbed) -> Result<(), StoreError> {
    let client = store.client().await?;
    if store.kind() == StoreKind::Embedded {
        // Here the checkpoint is this very process's, so its setting counts.
        client.batch_execute("set wal_recycle = off").await?;
    }
    // Whatever is rewritten is in the segment that is closed now; a checkpoint needs none before the one it begins in.
    for (what, sql) in [
        ("flush what was written anew", "checkpoint"),
        ("close the segment of the write-ahead log", "select pg_switch_wal()"),
        ("remove older segments", "checkpoint"),
    ] {
        let tried = client.batch_execute(sql).await.map_err(StoreError::from);
        done.record(what, tried);
    }
    Ok(())
}

/// What keeps old segments or copies of rows although everything above went well.
async fn look_around(store: &Store, done: &mut Scrubbed) -> Result<(), StoreError> {
    let client = store.client().await?;
    let setting = async |name: &str| {
        let row = client.query_one("select current_setting($1, true)", &[&name]).await?;
        Ok::<_, StoreError>(row.get::<_, Option<String>>(0).unwrap_or_default())
    };
    if setting("wal_recycle").await? == "on" {
        let left = "wal_recycle is on: segments of the write-ahead log keep their old bytes until they are used again; \
                    `alter system set wal_recycle = off`, `select pg_reload_conf()`, and run the command again";
        done.left.push(left.to_owned());
    }
    if !matches!(setting("wal_keep_size").await?.as_str(), "0" | "") {
        done.left.push("wal_keep_size keeps segments of the write-ahead log for replicas".to_owned());
    }
    if setting("archive_mode").await? != "off" {
        done.left.push("archive_mode is on: archived segments and base backups keep deleted rows".to_owned());
    }
    for (sql, what) in LEFT {
        let found = client.query(*sql, &[]).await;
        if let Ok(rows) = found {
            let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            done.left.extend((!names.is_empty()).then(|| format!("{what}: {}", names.join(", "))));
        }
    }
    Ok(())
}

const LEFT: &[(&str, &str)] = &[
    (
        "select slot_name::text from pg_replication_slots",
        "replication slots keep segments of the write-ahead log",
    ),
    (
        "select nspname::text from pg_namespace where nspname like 'elite\\_scratch\\_%'",
        "a replay is under way, or was interrupted, and has tables of its own; run the command again after it, or drop these schemas",
    ),
];
