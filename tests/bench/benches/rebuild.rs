//! Rebuild: every read model from nothing but an archive, on a PostgreSQL server, against the server copying the same rows from
//! files into the same tables in the same run. Prints one JSON object.
//!
//! With a number (`-- EVENTS`) it takes so many events; with names of read models it rebuilds each of them alone, to see where
//! the time goes.

#[path = "rebuild/history.rs"]
mod history;
#[path = "pipeline/process.rs"]
mod process;

use std::{sync::Arc, time::Instant};

use anyhow::ensure;
use blob_store::BlobStore;
use event_archive::{Archive, ArchivedLog};
use event_log::{CreationOptions, EventLog, MemoryKeyring, MemoryLog, Position, RepeatWindow, SystemClock};
use event_model::PartitionId;
use read_models::{OnDifference, PROJECTIONS, Projections, Rebuilder, Report, SUBSCRIPTION, install};
use read_store::{Store, lease, migrate};
use serde_json::{Value, json};
use servers::PostgresServer;
use tokio::runtime::Runtime;

use crate::{
    history::History,
    process::{as_f64, children_cpu_time, cpu_time, memory_mb, rounded, us_per_event},
};

const EVENTS: u64 = 200_000;
const PARTITIONS: u16 = 16;
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let events = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    let named: Vec<&'static str> = PROJECTIONS
        .iter()
        .map(|projection| projection.name())
        .filter(|name| std::env::args().any(|argument| argument == *name))
        .collect();
    let server = PostgresServer::with(&[
        ("fsync", "on"),
        ("shared_buffers", "1GB"),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "1h"),
    ]);
    println!("{:#}", runtime.block_on(measure(&server, events, &named))?);
    Ok(())
}

async fn measure(server: &PostgresServer, events: u64, named: &[&'static str]) -> anyhow::Result<Value> {
    let directory = tempfile::tempdir()?;
    let blobs = BlobStore::in_directory(directory.path())?;
    let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000_000) };
    let log = Arc::new(MemoryLog::new(options.create(&SystemClock)?));
    History::new(&blobs).await?.write_from(0, &*log, events).await?;
    let events: u64 = log.tails().await?.iter().map(|tail| tail.0).sum();
    let began = Instant::now();
    let (archive, size_bytes) = archived(&blobs, &log).await?;
    let archiving = began.elapsed().as_secs_f64();
    let log = Arc::new(ArchivedLog::new(log, archive));
    let store = Store::connect(&server.database(), 12)?;
    prepare(&store, &*log).await?;
    let projections = Projections::new(blobs, Arc::<MemoryKeyring>::default());
    let rebuilder = Rebuilder::new(store.clone(), log, projections);
    if !named.is_empty() {
        return each_alone(&rebuilder, named).await;
    }
    let mut rounds = Vec::new();
    // A million are enough for one.
    for _ in 0..if events < 1_000_000 { ROUNDS } else { 1 } {
        rounds.push(round(server, &store, &rebuilder, events).await?);
    }
    let peak_mb = rounded(memory_mb(std::process::id())?.1);
    Ok(json!({
        "bench": "rebuild", "events": events, "rounds": rounds, "memory_mb_with_the_log": peak_mb,
        "archived_bytes_per_event": rounded(as_f64(size_bytes) / as_f64(events)),
        "archived_events_per_second": (as_f64(events) / archiving).round(),
    }))
}

/// Everything in the archive and nothing in the log; the size of the segments.
async fn archived(blobs: &BlobStore, log: &MemoryLog) -> anyhow::Result<(Archive, u64)> {
    let archive = Archive::new(blobs, log.creation());
    archive.begin().await?;
    let mut size_bytes = 0;
    for (partition, tail) in (0..).map(PartitionId).zip(log.tails().await?) {
        let chain = archive.chain(partition).await?;
        let events = log.read(partition, Position(1), usize::try_from(tail.0)?).await?;
        size_bytes += archive.append(partition, &chain, &events).await?.size_bytes();
        log.trim(partition, tail.next()).await?;
    }
    Ok((archive, size_bytes))
}

/// An empty database that says it is folded to the end of the log.
async fn prepare(store: &Store, log: &dyn EventLog) -> anyhow::Result<()> {
    migrate::apply(store).await?;
    install(store).await?;
    let client = store.client().await?;
    lease::register(&client, SUBSCRIPTION, PARTITIONS).await?;
    for (partition, tail) in (0i32..).zip(log.tails().await?) {
        let moved = "update elite.subscription_partition set position = $2 where partition = $1";
        client.execute(moved, &[&partition, &i64::try_from(tail.0)?]).await?;
    }
    Ok(())
}

async fn each_alone(rebuilder: &Rebuilder, named: &[&'static str]) -> anyhow::Result<Value> {
    let mut alone = Vec::new();
    for name in named {
        let report = rebuilder.rebuild(&[name], OnDifference::Promote, &|_| {}).await?;
        alone.push(told(&report));
    }
    Ok(json!({ "bench": "rebuild", "alone": alone }))
}

fn told(report: &Report) -> Value {
    json!({
        "models": report.projections.iter().map(|one| one.name).collect::<Vec<_>>(),
        "events_per_second": report.events_per_second.round(),
        "seconds_with_comparison": rounded(report.seconds),
        "folding_paused_ms": rounded(report.folding_paused_ms),
    })
}

async fn round(
    server: &PostgresServer,
    store: &Store,
    rebuilder: &Rebuilder,
    events: u64,
) -> anyhow::Result<Value> {
    let before = (cpu_time(std::process::id())?, children_cpu_time(server.pid())?);
    let report = rebuilder.rebuild(&[], OnDifference::Promote, &|_| {}).await?;
    let ours = cpu_time(std::process::id())?.saturating_sub(before.0);
    let theirs = children_cpu_time(server.pid())?.saturating_sub(before.1);
    ensure!(report.events_replayed == events, "{} of {events} events", report.events_replayed);
    let (rows, copying) = copy_of_the_same(server, store).await?;
    let filling = as_f64(events) / report.events_per_second;
    let mut told = told(&report);
    told["rows"] = rows.into();
    told["copy_seconds"] = rounded(copying).into();
    told["fill_seconds"] = rounded(filling).into();
    told["ratio_to_copy"] = rounded(copying / filling).into();
    told["our_cpu_us_per_event"] = us_per_event(ours, events).into();
    told["postgres_cpu_us_per_event"] = us_per_event(theirs, events).into();
    Ok(told)
}

/// The server writes every table to a file and copies it from there into a table like it, indexes and all.
async fn copy_of_the_same(server: &PostgresServer, store: &Store) -> anyhow::Result<(i64, f64)> {
    let client = store.client().await?;
    let (mut rows, mut seconds) = (0, 0.0);
    client.batch_execute("create schema copied").await?;
    for table in PROJECTIONS.iter().flat_map(|projection| projection.tables()) {
        let file = server.directory().join(format!("{table}.bin")).display().to_string();
        let written = "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
                       where attrelid = ('elite.' || $1)::text::regclass and attnum > 0 and attgenerated = ''";
        let columns: String = client.query_one(written, &[table]).await?.get(0);
        rows += client.query_one(&format!("select count(*) from elite.{table}"), &[]).await?.get::<_, i64>(0);
        client.batch_execute(&format!("copy elite.{table} ({columns}) to '{file}' (format binary)")).await?;
        client
            .batch_execute(&format!("create table copied.{table} (like elite.{table} including all)"))
            .await?;
        let began = Instant::now();
        client
            .batch_execute(&format!("copy copied.{table} ({columns}) from '{file}' (format binary)"))
            .await?;
        seconds += began.elapsed().as_secs_f64();
        client.batch_execute(&format!("drop table copied.{table}")).await?;
        std::fs::remove_file(&file).ok();
    }
    client.batch_execute("drop schema copied").await?;
    Ok((rows, seconds))
}
