//! Growth: what appending, folding and being seen cost when the log is ten and a hundred times as long. On Redis and PostgreSQL,
//! with all read models. Prints one JSON object with the figures at each length and their ratios to the first.
//!
//! With numbers (`-- 10000 100000`) it stops at those lengths.

#[path = "rebuild/history.rs"]
mod history;
#[path = "pipeline/models.rs"]
mod models;
#[path = "pipeline/process.rs"]
mod process;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use blob_store::BlobStore;
use event_log::{Clock, CreationOptions, EventLog, MemoryKeyring, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::{Event, EventDraft, Tenant, family::session::SessionStarted};
use read_models::{Projections, SUBSCRIPTION, install};
use read_store::{Progress, Store, lease::Term, migrate};
use serde_json::{Value, json};
use servers::{PostgresServer, RedisOptions, RedisServer};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use worker_runtime::{Projector, ProjectorOptions};

use crate::{
    history::History,
    models::ModelsFold,
    process::{children_cpu_time, cpu_time, memory_mb, rounded, us_per_event},
};

const LENGTHS: [u64; 3] = [10_000, 100_000, 1_000_000];
const PARTITIONS: u16 = 16;
/// Events that are appended and folded for one figure, and how often.
const MEASURED: u64 = 6_000;
const ROUNDS: usize = 3;
/// Single events whose way is followed, and how often one comes.
const FOLLOWED: u64 = 300;
const BEAT: Duration = Duration::from_millis(5);
const BATCH_EVENTS_MAX: usize = 2_000;
const LONGEST: Duration = Duration::from_mins(20);

fn main() -> anyhow::Result<()> {
    let asked: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let lengths = if asked.is_empty() { LENGTHS.to_vec() } else { asked };
    println!("{:#}", Runtime::new()?.block_on(measure(&lengths))?);
    Ok(())
}

struct Ground {
    redis: RedisServer,
    postgres: PostgresServer,
    log: Arc<dyn EventLog>,
    store: Store,
    fold: Arc<ModelsFold>,
    progress: Arc<Progress>,
    history: History,
    next: u128,
}

async fn measure(lengths: &[u64]) -> anyhow::Result<Value> {
    let redis = RedisServer::start(RedisOptions::default());
    let postgres =
        PostgresServer::with(&[("fsync", "on"), ("shared_buffers", "1GB"), ("max_wal_size", "8GB")]);
    let directory = tempfile::tempdir()?;
    let blobs = BlobStore::in_directory(directory.path())?;
    let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow(1_000_000) };
    let options = RedisLogOptions { url: redis.url(), creation, create: true };
    let log: Arc<dyn EventLog> = Arc::new(RedisLog::open(options, &SystemClock).await?);
    let store = Store::connect(&postgres.database(), 4)?;
    migrate::apply(&store).await?;
    install(&store).await?;
    let history = History::new(&blobs).await?;
    let projections = Projections::new(blobs, Arc::<MemoryKeyring>::default());
    let progress = Arc::new(Progress::new(SUBSCRIPTION, PARTITIONS));
    let mut ground = Ground {
        redis,
        postgres,
        log,
        store,
        fold: Arc::new(ModelsFold(projections)),
        progress,
        history,
        next: 0,
    };
    let mut figures: Vec<Figures> = Vec::new();
    for length in lengths {
        let there = ground.length().await?;
        ensure!(there <= *length, "the log has {there} events already");
        ground.append((*length - there).saturating_sub(MEASURED * ROUNDS as u64)).await?;
        ground.fold().await?;
        figures.push(ground.figures(*length).await?);
    }
    let first = figures.first().map(Figures::values).unwrap_or_default();
    let told: Vec<Value> = figures.iter().map(|figures| figures.told(&first)).collect();
    Ok(
        json!({"bench": "growth", "partitions": PARTITIONS, "redis": "appendfsync always", "goal_ratio": 1.5, "lengths": told}),
    )
}

/// What a log of some length costs.
struct Figures {
    events: u64,
    append_us: f64,
    fold_us: f64,
    seen_p50_ms: f64,
    seen_p99_ms: f64,
    /// Of Redis while events are appended, of this process and PostgreSQL while they are folded: steadier than time.
    append_cpu_us: f64,
    fold_cpu_us: f64,
    memory_mb: f64,
}

impl Figures {
    fn values(&self) -> [f64; 6] {
        let seen = (self.seen_p50_ms, self.seen_p99_ms);
        [self.append_us, self.fold_us, seen.0, seen.1, self.append_cpu_us, self.fold_cpu_us]
    }

    fn told(&self, first: &[f64; 6]) -> Value {
        let ratio = |place: usize| rounded(self.values()[place] / first[place]);
        json!({
            "events": self.events,
            "append_us_per_event": rounded(self.append_us),
            "fold_us_per_event": rounded(self.fold_us),
            "seen_p50_ms": rounded(self.seen_p50_ms),
            "seen_p99_ms": rounded(self.seen_p99_ms),
            "append_cpu_us_per_event": rounded(self.append_cpu_us),
            "fold_cpu_us_per_event": rounded(self.fold_cpu_us),
            "memory_mb": rounded(self.memory_mb),
            "ratios": {"append": ratio(0), "fold": ratio(1), "seen_p50": ratio(2), "seen_p99": ratio(3),
                       "append_cpu": ratio(4), "fold_cpu": ratio(5)},
        })
    }
}

impl Ground {
    async fn length(&self) -> anyhow::Result<u64> {
        Ok(self.log.tails().await?.iter().map(|tail| tail.0).sum())
    }

    /// Appends at least `events`, unless that is none.
    async fn append(&mut self, events: u64) -> anyhow::Result<()> {
        if events > 0 {
            self.next = self.history.write_from(self.next, &*self.log, events).await?;
        }
        Ok(())
    }

    fn projector(&self, owner: u128) -> Projector<ModelsFold> {
        let options = ProjectorOptions {
            subscription: SUBSCRIPTION,
            owner: uuid::Uuid::from_u128(owner),
            term: Term::DataDirectoryLock,
            batch_events_max: BATCH_EVENTS_MAX,
        };
        let (log, store) = (Arc::clone(&self.log), self.store.clone());
        Projector::new(options, log, store, Arc::clone(&self.progress), Arc::clone(&self.fold))
    }

    async fn fold(&self) -> anyhow::Result<usize> {
        Ok(self.projector(SystemClock.fresh_id().as_u128()).catch_up().await?)
    }

    /// The medians of several rounds.
    async fn figures(&mut self, events: u64) -> anyhow::Result<Figures> {
        let mut rounds: [Vec<f64>; 4] = Default::default();
        for _ in 0..ROUNDS {
            let (before, cpu, began) = (self.length().await?, cpu_time(self.redis.pid())?, Instant::now());
            self.append(MEASURED).await?;
            let took = began.elapsed();
            let appended = self.length().await? - before;
            let cpu = cpu_time(self.redis.pid())?.saturating_sub(cpu);
            let (folding, began) = (self.folding_cpu()?, Instant::now());
            let folded = self.fold().await? as u64;
            let fold_took = began.elapsed();
            let folding = self.folding_cpu()?.saturating_sub(folding);
            let measured = [(took, appended), (fold_took, folded), (cpu, appended), (folding, folded)];
            for (values, (time, events)) in rounds.iter_mut().zip(measured) {
                values.push(us_per_event(time, events));
            }
        }
        let [append_us, fold_us, append_cpu_us, fold_cpu_us] = rounds.map(|values| part(values, 50));
        let seen = self.followed().await?;
        let (seen_p50_ms, seen_p99_ms) = (part(seen.clone(), 50), part(seen, 99));
        let memory_mb = memory_mb(std::process::id())?.0;
        Ok(Figures {
            events,
            append_us,
            fold_us,
            seen_p50_ms,
            seen_p99_ms,
            append_cpu_us,
            fold_cpu_us,
            memory_mb,
        })
    }

    /// CPU time of this process and of PostgreSQL.
    fn folding_cpu(&self) -> anyhow::Result<Duration> {
        Ok(cpu_time(std::process::id())? + children_cpu_time(self.postgres.pid())?)
    }

    /// Milliseconds from the append of single events until they can be read.
    async fn followed(&mut self) -> anyhow::Result<Vec<f64>> {
        let stop = CancellationToken::new();
        let folding = tokio::spawn(self.projector(SystemClock.fresh_id().as_u128()).run(stop.clone()));
        let (mut seen, mut beat) = (Vec::new(), tokio::time::interval(BEAT));
        for _ in 0..FOLLOWED {
            beat.tick().await;
            let began = Instant::now();
            let at = self.log.append(vec![single()?]).await?;
            let place = [(at[0].partition.0, at[0].position.0)];
            ensure!(self.progress.wait(&self.store, &place, LONGEST).await?, "it is never folded");
            seen.push(began.elapsed().as_secs_f64() * 1e3);
        }
        stop.cancel();
        folding.await?;
        Ok(seen)
    }
}

/// An event of a session of its own.
fn single() -> anyhow::Result<Event> {
    let session = SystemClock.fresh_id();
    let draft = EventDraft {
        id: session,
        source: "/bench".into(),
        subject: session.to_string(),
        partitionkey: session.to_string(),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data: SessionStarted { user: None, title: None },
    };
    Ok(draft.build()?)
}

/// The value that `percent` of the others are not above.
fn part(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).copied().unwrap_or_default()
}
