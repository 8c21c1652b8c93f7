//! Projection: a log that lies ready, through the real projector into a read model, against the server copying the same
//! rows from a file into the same table in the same run. Prints one JSON object.
//!
//! With three numbers (`-- LANES BATCH EVENTS`) it measures that cell alone, for a profiler.

#[path = "pipeline/fold.rs"]
mod fold;
#[path = "pipeline/process.rs"]
mod process;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use event_log::{
    Appended, Clock, Creation, CreationOptions, EventLog, LogError, MemoryLog, Position, Recorded,
    RepeatWindow, SystemClock,
};
use event_model::{Event, PartitionId};
use read_store::{Progress, Store, bulk::COPY_ROWS_MIN, lease::Term};
use serde_json::{Value, json};
use servers::PostgresServer;
use tokio::{runtime::Runtime, sync::Notify};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_runtime::{Projector, ProjectorOptions};

use crate::{
    fold::{BenchFold, PARTITIONS, SUBSCRIPTION, event},
    process::{as_f64, children_cpu_time, cpu_time, memory_mb, rounded, us_per_event},
};

const EVENTS: u64 = 100_000;
const ROUNDS: usize = 3;
/// Lanes and most events in a commit.
const CELLS: [(u32, usize); 6] = [(1, 1_000), (1, 5_000), (1, 10_000), (2, 1_000), (2, 5_000), (2, 10_000)];
const LONGEST: Duration = Duration::from_mins(5);

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (cells, events) = match asked[..] {
        [lanes, batch, events] => (vec![(u32::try_from(lanes)?, batch)], u64::try_from(events)?),
        _ => (CELLS.to_vec(), EVENTS),
    };
    let server = PostgresServer::with(&[
        ("fsync", "on"),
        ("shared_buffers", "512MB"),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "1h"),
    ]);
    let log = Arc::new(runtime.block_on(filled(events))?);
    let mut measured = Vec::new();
    for cell in cells {
        measured.push(measure(&runtime, &server, &log, cell, events)?);
    }
    let event_bytes = event(1, SystemClock.now())?.encode().len();
    println!(
        "{:#}",
        json!({"bench": "projection", "events": events, "event_bytes": event_bytes, "body_bytes": 512,
               "goal_ratio": 0.45, "rounds": ROUNDS, "cells": measured,
               "memory_mb_with_the_log": rounded(memory_mb(std::process::id())?.1)})
    );
    Ok(())
}

/// A log that seems empty until it is opened, so that the projectors can share out its partitions first.
struct Gated {
    log: MemoryLog,
    open: AtomicU64,
    opened: Notify,
}

impl Gated {
    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire) > 0
    }

    fn set_open(&self, open: bool) {
        self.open.store(open.into(), Ordering::Release);
        self.opened.notify_waiters();
    }
}

#[async_trait]
impl EventLog for Gated {
    fn creation(&self) -> &Creation {
        self.log.creation()
    }

    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError> {
        self.log.append(events).await
    }

    async fn read(&self, of: PartitionId, from: Position, limit: usize) -> Result<Vec<Recorded>, LogError> {
        if self.is_open() { self.log.read(of, from, limit).await } else { Ok(Vec::new()) }
    }

    async fn tails(&self) -> Result<Vec<Position>, LogError> {
        let tails = self.log.tails().await?;
        Ok(if self.is_open() { tails } else { vec![Position::START; tails.len()] })
    }

    async fn changed(&self, _: u64) {
        // Nothing is appended while it is open; whoever is done rests and leaves the processor to the others.
        drop(tokio::time::timeout(Duration::from_millis(20), self.opened.notified()).await);
    }

    fn version(&self) -> u64 {
        self.open.load(Ordering::Acquire)
    }
}

async fn filled(events: u64) -> anyhow::Result<Gated> {
    let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000_000) };
    let log = MemoryLog::new(options.create(&SystemClock)?);
    for first in (0..events).step_by(1_000) {
        let numbers = first..(first + 1_000).min(events);
        log.append(numbers.map(|number| event(number, SystemClock.now())).collect::<Result<_, _>>()?).await?;
    }
    Ok(Gated { log, open: AtomicU64::new(0), opened: Notify::new() })
}

/// One run.
struct Run {
    projected: f64,
    copied: f64,
    worker_us: f64,
    backend_us: f64,
    copy_us: f64,
}

/// The medians of several rounds; projection and copy take turns, so both meet the same disturbances.
fn measure(
    runtime: &Runtime,
    server: &PostgresServer,
    log: &Arc<Gated>,
    (lanes, batch): (u32, usize),
    events: u64,
) -> anyhow::Result<Value> {
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        runs.push(runtime.block_on(run(server, log, lanes, batch, events))?);
    }
    let of = |what: fn(&Run) -> f64| median(runs.iter().map(what).collect());
    Ok(json!({
        "lanes": lanes,
        "batch_events": batch,
        "way": if batch / usize::try_from(lanes)? >= COPY_ROWS_MIN { "copy and merge" } else { "unnest" },
        "events_per_second": of(|run| run.projected).round(),
        "copy_from_file_rows_per_second": of(|run| run.copied).round(),
        "ratio": rounded(of(|run| run.projected / run.copied)),
        "worker_cpu_us_per_event": of(|run| run.worker_us),
        "postgres_cpu_us_per_event": of(|run| run.backend_us),
        "copy_cpu_us_per_row": of(|run| run.copy_us),
    }))
}

async fn run(
    server: &PostgresServer,
    log: &Arc<Gated>,
    lanes: u32,
    batch: usize,
    events: u64,
) -> anyhow::Result<Run> {
    log.set_open(false);
    let store = fold::store(&server.database(), 8).await?;
    let progress = Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS));
    let stop = CancellationToken::new();
    let running: Vec<_> = (1..=lanes)
        .map(|lane| {
            let term = Term::Expires(Duration::from_secs(5));
            let owner = Uuid::from_u128(lane.into());
            let options =
                ProjectorOptions { subscription: SUBSCRIPTION, owner, term, batch_events_max: batch };
            let fold = Arc::new(BenchFold { copy_from: COPY_ROWS_MIN });
            let log = Arc::clone(log) as Arc<dyn EventLog>;
            let projector = Projector::new(options, log, store.clone(), Arc::clone(&progress), fold);
            tokio::spawn(projector.run(stop.clone()))
        })
        .collect();
    shared_out(&store, lanes).await?;
    let ends: Vec<(u16, u64)> = (0..).zip(log.log.tails().await?.into_iter().map(|tail| tail.0)).collect();
    let before = (cpu_time(std::process::id())?, children_cpu_time(server.pid())?);
    let began = Instant::now();
    log.set_open(true);
    anyhow::ensure!(progress.wait(&store, &ends, LONGEST).await?, "it took longer than {LONGEST:?}");
    let elapsed = began.elapsed();
    let worker = cpu_time(std::process::id())?.saturating_sub(before.0);
    let backend = children_cpu_time(server.pid())?.saturating_sub(before.1);
    stop.cancel();
    for lane in running {
        lane.await?;
    }
    let (copied, copy_cpu) = copy_of_the_same(server, &store, events).await?;
    Ok(Run {
        projected: as_f64(events) / elapsed.as_secs_f64(),
        copied: as_f64(events) / copied.as_secs_f64(),
        worker_us: us_per_event(worker, events),
        backend_us: us_per_event(backend, events),
        copy_us: us_per_event(copy_cpu, events),
    })
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Waits until every lane holds its share of the partitions.
async fn shared_out(store: &Store, lanes: u32) -> anyhow::Result<()> {
    let owners =
        "select count(*), count(distinct owner) from elite.subscription_partition where owner is not null";
    let mut look = tokio::time::interval(Duration::from_millis(20));
    loop {
        look.tick().await;
        let row = store.client().await?.query_one(owners, &[]).await?;
        if (row.get::<_, i64>(0), row.get::<_, i64>(1)) == (PARTITIONS.into(), lanes.into()) {
            return Ok(());
        }
    }
}

/// The server writes the projected rows to a file and copies them from there into a table like the first.
async fn copy_of_the_same(
    server: &PostgresServer,
    store: &Store,
    events: u64,
) -> anyhow::Result<(Duration, Duration)> {
    let client = store.client().await?;
    let file = server.directory().join("rows.bin").display().to_string();
    let rows: i64 = client.query_one("select count(*) from bench_row", &[]).await?.get(0);
    anyhow::ensure!(rows.unsigned_abs() == events, "{rows} rows of {events} events");
    client.batch_execute(&format!("copy bench_row to '{file}' (format binary)")).await?;
    client.batch_execute("create table elite.copied (like elite.bench_row including all)").await?;
    let cpu = children_cpu_time(server.pid())?;
    let began = Instant::now();
    client.batch_execute(&format!("copy elite.copied from '{file}' (format binary)")).await?;
    let elapsed = began.elapsed();
    Ok((elapsed, children_cpu_time(server.pid())?.saturating_sub(cpu)))
}
