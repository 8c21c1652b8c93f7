//! End to end: producers append to Redis while a worker folds into PostgreSQL, all on the cores of this machine. Prints one
//! JSON object: events a second with everything busy, then how long an event takes from its append to its row at half of
//! that load; beside a pipeline in Python that does the same (`peers/pipeline.py`).
//!
//! The worker is a process of its own: this program once more, with `worker REDIS POSTGRES`.

#[path = "pipeline/fold.rs"]
mod fold;
#[path = "pipeline/peer.rs"]
mod peer;
#[path = "pipeline/process.rs"]
mod process;

use std::{
    collections::VecDeque,
    io::Read,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::Context;
use event_log::{Clock, CreationOptions, EventLog, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use read_store::{Progress, Store, bulk::COPY_ROWS_MIN, checkpoint, lease::Term};
use serde_json::{Value, json};
use servers::{Fsync, PostgresServer, RedisOptions, RedisServer};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use worker_runtime::{Projector, ProjectorOptions};

use crate::{
    fold::{BenchFold, PARTITIONS, SUBSCRIPTION, event},
    process::{as_f64, children_cpu_time, cpu_time, memory_mb, rounded, us_per_event},
};

const EVENTS: u64 = 150_000;
/// Events in one append at full load: about a hundred for each partition.
const APPEND_EVENTS: u64 = 1_600;
/// Appends under way at the same time.
const PRODUCERS: u64 = 2;
const LANES: usize = 2;
const BATCH_EVENTS_MAX: usize = 4_000;
/// How long the half load lasts, and how often it appends.
const HALF_LOAD: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_millis(10);
/// How often checkpoints are looked at.
const LOOK: Duration = Duration::from_millis(2);

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, redis, postgres] = &arguments[..]
        && role == "worker"
    {
        return runtime.block_on(work(redis, postgres));
    }
    let (redis, postgres) = servers();
    let ours = runtime.block_on(measure(&redis, &postgres))?;
    drop((redis, postgres));
    let (redis, postgres) = servers();
    let peer = peer::measure(&redis.url(), &postgres.database(), EVENTS, HALF_LOAD)?;
    let ratio = |peer: &Value| {
        let (ours, peer) = (ours["events_per_second"].as_f64()?, peer["events_per_second"].as_f64()?);
        Some(rounded(ours / peer))
    };
    println!(
        "{:#}",
        json!({"bench": "end_to_end", "events": EVENTS, "partitions": PARTITIONS,
               "event_bytes": event(1, SystemClock.now())?.encode().len(), "redis": "appendfsync always",
               "goal_ratio": 2.0, "goal_p99_ms": 50, "ratio": ratio(&peer), "ours": ours, "python": peer})
    );
    Ok(())
}

fn servers() -> (RedisServer, PostgresServer) {
    let redis = RedisServer::start(RedisOptions { fsync: Fsync::Always, ..RedisOptions::default() });
    let postgres =
        PostgresServer::with(&[("fsync", "on"), ("shared_buffers", "512MB"), ("max_wal_size", "8GB")]);
    (redis, postgres)
}

async fn open(url: &str) -> anyhow::Result<Arc<dyn EventLog>> {
    let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(100_000) };
    let options = RedisLogOptions { url: url.to_owned(), creation, create: true };
    Ok(Arc::new(RedisLog::open(options, &SystemClock).await?))
}

/// The worker: folds until its standard input is closed.
async fn work(redis: &str, postgres: &str) -> anyhow::Result<()> {
    let (log, stop) = (open(redis).await?, CancellationToken::new());
    let store = Store::connect(postgres, LANES + 1)?;
    let progress = Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS));
    let lanes: Vec<_> = (0..LANES)
        .map(|_| {
            let options = ProjectorOptions {
                subscription: SUBSCRIPTION,
                owner: SystemClock.fresh_id(),
                term: Term::Expires(Duration::from_secs(5)),
                batch_events_max: BATCH_EVENTS_MAX,
            };
            let fold = Arc::new(BenchFold { copy_from: COPY_ROWS_MIN });
            let projector =
                Projector::new(options, Arc::clone(&log), store.clone(), Arc::clone(&progress), fold);
            tokio::spawn(projector.run(stop.clone()))
        })
        .collect();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    stop.cancel();
    for lane in lanes {
        lane.await?;
    }
    Ok(())
}

fn spawn_worker(redis: &str, postgres: &str) -> anyhow::Result<Child> {
    let program = std::env::current_exe()?;
    Ok(Command::new(program).args(["worker", redis, postgres]).stdin(Stdio::piped()).spawn()?)
}

/// CPU time of worker, this process, Redis and PostgreSQL.
fn cpu(worker: &Child, redis: &RedisServer, postgres: &PostgresServer) -> anyhow::Result<[Duration; 4]> {
    let own = [worker.id(), std::process::id(), redis.pid()].map(cpu_time);
    let [worker, producer, redis] = own;
    Ok([worker?, producer?, redis?, children_cpu_time(postgres.pid())?])
}

async fn measure(redis: &RedisServer, postgres: &PostgresServer) -> anyhow::Result<Value> {
    let url = postgres.database();
    let store = fold::store(&url, 4).await?;
    let log = open(&redis.url()).await?;
    let mut worker = spawn_worker(&redis.url(), &url)?;
    shared_out(&store).await?;
    let (idle_mb, _) = memory_mb(worker.id())?;

    let before = cpu(&worker, redis, postgres)?;
    let began = Instant::now();
    flood(&log).await?;
    let appended = began.elapsed();
    until_visible(&store, &log).await?;
    let elapsed = began.elapsed();
    let after = cpu(&worker, redis, postgres)?;
    let us = |place: usize| us_per_event(after[place].saturating_sub(before[place]), EVENTS);
    let rate = as_f64(EVENTS) / elapsed.as_secs_f64();
    let (busy_mb, highest_mb) = memory_mb(worker.id())?;

    let seen = half_load(&store, &log, rate / 2.0).await?;
    // A stall of the disk shows as one bad second, a pipeline that is too slow as all of them.
    let seconds: Vec<Option<f64>> = (0..HALF_LOAD.as_secs())
        .map(|second| percentile(seen.iter().filter(|(at, _)| at.as_secs() == second).map(|(_, ms)| *ms), 99))
        .collect();
    let all = || seen.iter().map(|(_, ms)| *ms);
    drop(worker.stdin.take());
    let ended = worker.wait()?;
    anyhow::ensure!(ended.success(), "the worker ended with {ended}");
    Ok(json!({
        "events_per_second": rate.round(),
        "appended_events_per_second": (as_f64(EVENTS) / appended.as_secs_f64()).round(),
        "cpu_us_per_event": {"worker": us(0), "producer": us(1), "redis": us(2), "postgres": us(3)},
        "worker_memory_mb": {"idle": rounded(idle_mb), "busy": rounded(busy_mb), "highest": rounded(highest_mb)},
        "half_load": {"events_per_second": (rate / 2.0).round(), "p50_ms": percentile(all(), 50),
                      "p99_ms": percentile(all(), 99), "p99_ms_of_each_second": seconds},
    }))
}

fn percentile(values: impl Iterator<Item = f64>, part: usize) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() * part / 100).copied().map(rounded)
}

async fn shared_out(store: &Store) -> anyhow::Result<()> {
    let owners =
        "select count(*), count(distinct owner) from elite.subscription_partition where owner is not null";
    let mut look = tokio::time::interval(BEAT);
    loop {
        look.tick().await;
        let row = store.client().await?.query_one(owners, &[]).await?;
        if (row.get::<_, i64>(0), row.get::<_, i64>(1)) == (PARTITIONS.into(), i64::try_from(LANES)?) {
            return Ok(());
        }
    }
}

/// Appends everything as fast as it is taken.
async fn flood(log: &Arc<dyn EventLog>) -> anyhow::Result<()> {
    let producers = (0..PRODUCERS).map(|producer| {
        let log = Arc::clone(log);
        tokio::spawn(async move {
            let share = EVENTS / PRODUCERS;
            let numbers: Vec<u64> = (producer * share..(producer + 1) * share).collect();
            for numbers in numbers.chunks(usize::try_from(APPEND_EVENTS)?) {
                let events = numbers.iter().map(|number| event(*number, SystemClock.now()));
                log.append(events.collect::<Result<_, _>>()?).await?;
            }
            anyhow::Ok(())
        })
    });
    for done in futures::future::join_all(producers).await {
        done??;
    }
    Ok(())
}

async fn positions(store: &Store) -> anyhow::Result<Vec<u64>> {
    let rows = checkpoint::read(&store.client().await?, SUBSCRIPTION).await?;
    Ok(rows.into_iter().map(|(_, _, at)| at.position).collect())
}

async fn until_visible(store: &Store, log: &Arc<dyn EventLog>) -> anyhow::Result<()> {
    let tails: Vec<u64> = log.tails().await?.into_iter().map(|tail| tail.0).collect();
    let mut look = tokio::time::interval(LOOK);
    while positions(store).await? != tails {
        look.tick().await;
    }
    Ok(())
}

/// Events of one append and one partition: the last position, how many, and when the append began.
type Appended = (usize, u64, usize, Instant);

/// Appends at `rate`; returns for each event when its append began, and how many milliseconds from then on it took until
/// it was visible.
async fn half_load(
    store: &Store,
    log: &Arc<dyn EventLog>,
    rate: f64,
) -> anyhow::Result<Vec<(Duration, f64)>> {
    let start = Instant::now();
    let waiting: Arc<Mutex<VecDeque<Appended>>> = Arc::default();
    let producing = tokio::spawn(paced(Arc::clone(log), rate, Arc::clone(&waiting)));
    let (mut latencies, mut look) = (Vec::new(), tokio::time::interval(LOOK));
    loop {
        look.tick().await;
        // Before the look, so that nothing appended in between is missed.
        let over = producing.is_finished();
        let (at, now) = (positions(store).await?, Instant::now());
        let mut waiting = waiting.lock().ok().context("a producer panicked")?;
        waiting.retain(|(partition, position, events, began)| {
            let visible = at.get(*partition).is_some_and(|at| at >= position);
            if visible {
                let ms = now.duration_since(*began).as_secs_f64() * 1e3;
                latencies.extend(std::iter::repeat_n((began.duration_since(start), ms), *events));
            }
            !visible
        });
        if over && waiting.is_empty() {
            break;
        }
    }
    producing.await??;
    Ok(latencies)
}

async fn paced(
    log: Arc<dyn EventLog>,
    rate: f64,
    waiting: Arc<Mutex<VecDeque<Appended>>>,
) -> anyhow::Result<()> {
    let (began, mut beat, mut sent) = (Instant::now(), tokio::time::interval(BEAT), 0_u64);
    while began.elapsed() < HALF_LOAD {
        beat.tick().await;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number of events"
        )]
        let due = (began.elapsed().as_secs_f64() * rate) as u64;
        let append = Instant::now();
        let events = (sent..due).map(|number| event(EVENTS + number, SystemClock.now()));
        let answers = log.append(events.collect::<Result<_, _>>()?).await?;
        sent = due;
        let mut waiting = waiting.lock().ok().context("the reader panicked")?;
        for partition in 0..PARTITIONS {
            let of = answers.iter().filter(|answer| answer.partition.0 == partition);
            if let Some(last) = of.clone().map(|answer| answer.position.0).max() {
                waiting.push_back((partition.into(), last, of.count(), append));
            }
        }
    }
    Ok(())
}
