//! Appending to the log in Redis, against `redis-benchmark` with plain `XADD` on the same server. Prints one JSON object.
//!
//! Both send 512 bytes a hundred at a time over four connections; ours are whole events, refused when they are repeats, at
//! gapless positions, in a call of a script each. The servers are: one without an append-only file, one that leaves flushing
//! to the kernel, one that flushes before it answers.
//!
//! With a number (`-- EVENTS`) it appends that many to the second server, once, for a profiler.

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use event_log::{Clock, CreationOptions, EventLog, Position, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use serde_json::{Value, json};
use servers::{Fsync, RedisOptions, RedisServer};
use tokio::runtime::Runtime;
use uuid::Uuid;

const EVENT_BYTES: usize = 512;
const BATCH: usize = 100;
const APPENDERS: u16 = 4;
const ROUNDS: usize = 5;

/// Name, how it flushes, how many events a round.
const SERVERS: [(&str, Fsync, Option<&str>, usize); 3] = [
    ("no append-only file", Fsync::Never, None, 200_000),
    ("appendfsync no", Fsync::EverySecond, Some("no"), 200_000),
    ("appendfsync always", Fsync::Always, None, 100_000),
];

/// Name, window, and whether a batch has events of all partitions.
const CELLS: [(&str, u64, bool); 3] = [
    ("one partition a batch", 1_000_000, false),
    ("one partition a batch, window passed", 10_000, false),
    ("four partitions a batch", 1_000_000, true),
];

/// What a run took.
#[derive(Clone, Copy)]
struct Taken {
    per_second: f64,
    server_us: f64,
    client_us: f64,
}

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let asked: Option<usize> = std::env::args().find_map(|argument| argument.parse().ok());
    if let Some(events) = asked {
        let server = start(SERVERS[1]);
        let taken = runtime.block_on(ours(&server, CELLS[0], events))?;
        println!("{:#}", taken.json());
        return Ok(());
    }
    let mut pairs = Vec::new();
    for described in SERVERS {
        pairs.push(runtime.block_on(measure(described))?);
    }
    let version = start(SERVERS[0]).ask(&["INFO", "server"]);
    let version = version.lines().find_map(|line| line.trim().strip_prefix("redis_version:"));
    println!(
        "{:#}",
        json!({"bench": "append_redis", "redis": version, "event_bytes": event(0, "0").encode().len(), "batch_events": BATCH,
            "appenders": APPENDERS, "rounds": ROUNDS, "servers": pairs})
    );
    Ok(())
}

fn start((_, fsync, flush, _): (&str, Fsync, Option<&str>, usize)) -> RedisServer {
    let mut directives = vec![("auto-aof-rewrite-percentage", "0".to_owned())];
    directives.extend(flush.map(|flush| ("appendfsync", flush.to_owned())));
    RedisServer::start(RedisOptions { fsync, directives, ..RedisOptions::default() })
}

/// The medians of several rounds; raw and ours take turns, so all of them meet the same disturbances.
async fn measure(described: (&str, Fsync, Option<&str>, usize)) -> anyhow::Result<Value> {
    let (name, .., events) = described;
    let server = start(described);
    let (mut raws, mut cells) = (Vec::new(), [const { Vec::new() }; CELLS.len()]);
    for _ in 0..ROUNDS {
        raws.push(raw(&server, events)?);
        for (cell, taken) in CELLS.into_iter().zip(&mut cells) {
            taken.push(ours(&server, cell, events).await?);
        }
    }
    let raw = median(&raws);
    let cells: Vec<Value> = CELLS
        .into_iter()
        .zip(&cells)
        .map(|((name, window, _), taken)| {
            let ours = median(taken);
            let ratio = round(ours.per_second / raw.per_second);
            json!({"cell": name, "window": window, "ratio": ratio, "ours": ours.json()})
        })
        .collect();
    let id_bytes = bytes_of_an_id(&server, events).await?;
    let read = read_back(&server, events).await?;
    Ok(
        json!({"server": name, "events": events, "raw": raw.json(), "cells": cells, "read": read, "bytes_a_remembered_id": id_bytes}),
    )
}

/// `redis-benchmark` with as many bytes, as many at a time and as many connections.
fn raw(server: &RedisServer, events: usize) -> anyhow::Result<Taken> {
    server.ask(&["FLUSHALL"]);
    let (port, count) = (server.port().to_string(), events.to_string());
    let before = server_cpu(server)?;
    let output = Command::new(servers::program("redis-benchmark"))
        .args(["-h", "127.0.0.1", "-p", &port, "-P", "100", "-c", "4", "-n", &count, "--csv"])
        .args(["XADD", "raw", "*", "data", &"x".repeat(EVENT_BYTES)])
        .output()?;
    let server_us = per_event(server_cpu(server)?.saturating_sub(before), events);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate =
        printed.lines().last().and_then(|line| line.rsplit("\",\"").nth(6)?.trim_matches('"').parse().ok());
    let per_second = rate.with_context(|| format!("redis-benchmark printed {printed}"))?;
    Ok(Taken { per_second, server_us, client_us: f64::NAN })
}

async fn ours(server: &RedisServer, cell: (&str, u64, bool), events: usize) -> anyhow::Result<Taken> {
    let (_, window, spread) = cell;
    let log = fresh(server, window).await?;
    let work: Vec<Vec<Vec<Event>>> =
        (0..APPENDERS).map(|appender| batches(appender, events / usize::from(APPENDERS), spread)).collect();
    let (began, server_before, client_before) = (Instant::now(), server_cpu(server)?, client_cpu()?);
    let appenders = work.into_iter().map(|batches| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for batch in batches {
                log.append(batch).await?;
            }
            anyhow::Ok(())
        })
    });
    for done in futures::future::join_all(appenders).await {
        done??;
    }
    let elapsed = began.elapsed();
    Ok(Taken {
        per_second: as_f64(events) / elapsed.as_secs_f64(),
        client_us: per_event(client_cpu()?.saturating_sub(client_before), events),
        server_us: per_event(server_cpu(server)?.saturating_sub(server_before), events),
    })
}

/// An empty log with a partition for each appender.
async fn fresh(server: &RedisServer, window: u64) -> anyhow::Result<Arc<RedisLog>> {
    server.ask(&["FLUSHALL"]);
    let creation = CreationOptions { partitions: APPENDERS, repeats: RepeatWindow(window) };
    let options = RedisLogOptions { url: server.url(), creation, create: true };
    Ok(Arc::new(RedisLog::open(options, &SystemClock).await?))
}

/// Batches with the keys of one partition, or with those of all.
fn batches(appender: u16, events: usize, spread: bool) -> Vec<Vec<Event>> {
    let keys: Vec<String> = (0..4_000)
        .map(|number| Uuid::from_u128(0x018f_6b1e_0000_7000_8000_0000_0000_0000 + number).to_string())
        .filter(|key| spread || event(0, key).partition(APPENDERS) == PartitionId(appender))
        .take(500)
        .collect();
    let first = u128::from(appender) << 64;
    let all: Vec<Event> =
        (0..events).map(|number| event(first + number as u128, &keys[number % keys.len()])).collect();
    all.chunks(BATCH).map(<[Event]>::to_vec).collect()
}

/// An event whose structured form has 512 bytes.
fn event(number: u128, key: &str) -> Event {
    let draft = |padding: usize| EventDraft {
        // Ids as they are in life: spread over the whole range.
        id: Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        source: "/gateway".into(),
        subject: key.into(),
        partitionkey: key.into(),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data: SessionStarted { user: None, title: Some("x".repeat(padding)) },
    };
    draft(155).build().unwrap_or_else(|error| unreachable!("a session has a JSON form: {error}"))
}

/// Reads a partition from its first event to its last.
async fn read_back(server: &RedisServer, events: usize) -> anyhow::Result<Value> {
    let log = fresh(server, 1_000_000).await?;
    for batch in batches(0, events / usize::from(APPENDERS), false) {
        log.append(batch).await?;
    }
    let (began, server_before, client_before) = (Instant::now(), server_cpu(server)?, client_cpu()?);
    let mut next = Position(1);
    loop {
        let read = log.read(PartitionId(0), next, 1_000).await?;
        let Some(last) = read.last() else { break };
        next = last.position.next();
    }
    let read = usize::try_from(next.0 - 1)?;
    let taken = Taken {
        per_second: as_f64(read) / began.elapsed().as_secs_f64(),
        client_us: per_event(client_cpu()?.saturating_sub(client_before), read),
        server_us: per_event(server_cpu(server)?.saturating_sub(server_before), read),
    };
    Ok(taken.json())
}

/// What the server needs to remember an id.
async fn bytes_of_an_id(server: &RedisServer, events: usize) -> anyhow::Result<f64> {
    let log = fresh(server, 1_000_000).await?;
    for batch in batches(0, events / usize::from(APPENDERS), false) {
        log.append(batch).await?;
    }
    let bytes: f64 = server.ask(&["MEMORY", "USAGE", "elite:{0}:ids:0", "SAMPLES", "0"]).trim().parse()?;
    let ids: f64 = server.ask(&["HLEN", "elite:{0}:ids:0"]).trim().parse()?;
    Ok(round(bytes / ids))
}

/// CPU time of the server so far.
fn server_cpu(server: &RedisServer) -> anyhow::Result<Duration> {
    let info = server.ask(&["INFO", "cpu"]);
    let seconds = |name: &str| -> Option<f64> {
        info.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    };
    let used =
        seconds("used_cpu_sys:").zip(seconds("used_cpu_user:")).context("the server tells its CPU time")?;
    Ok(Duration::from_secs_f64(used.0 + used.1))
}

/// CPU time of this process so far, to the hundredth of a second.
fn client_cpu() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>()?))
}

impl Taken {
    fn json(self) -> Value {
        json!({
            "events_per_second": self.per_second.round(),
            "server_cpu_us_per_event": round(self.server_us),
            "client_cpu_us_per_event": if self.client_us.is_nan() { Value::Null } else { round(self.client_us).into() },
        })
    }
}

fn median(taken: &[Taken]) -> Taken {
    let of = |field: fn(&Taken) -> f64| {
        let mut values: Vec<f64> = taken.iter().map(field).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Taken {
        per_second: of(|taken| taken.per_second),
        server_us: of(|taken| taken.server_us),
        client_us: of(|taken| taken.client_us),
    }
}

fn per_event(time: Duration, events: usize) -> f64 {
    time.as_secs_f64() * 1e6 / as_f64(events)
}

fn as_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
