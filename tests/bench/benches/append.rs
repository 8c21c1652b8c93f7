//! Appending to the embedded log, against a raw file that is synced as often. Prints one JSON object.
//!
//! A cell is a number of concurrent appenders and a batch size. The raw file gets bytes that lie ready from one thread, and
//! one `fdatasync` for what all appenders together have in flight: the best any log could do with the same promise.
//!
//! With three numbers (`-- APPENDERS BATCH TOTAL`) it measures that cell alone, for a profiler.

use std::{
    fs::File,
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use event_log::{Clock, CreationOptions, EventLog, RepeatWindow, SystemClock};
use event_log_embedded::EmbeddedLog;
use event_model::{Event, EventDraft, Tenant, family::session::SessionStarted};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

const OPTIONS: CreationOptions = CreationOptions { partitions: 16, repeats: RepeatWindow(1_000_000) };
/// With the envelope, an event is about 1 KiB.
const PADDING_BYTES: usize = 540;
const ROUNDS: usize = 5;

/// Concurrent appenders, events a call, events in all.
const CELLS: [(usize, usize, usize); 6] = [
    (1, 1, 1_000),
    (1, 100, 40_000),
    (1, 1_000, 100_000),
    (16, 1, 16_000),
    (16, 100, 100_000),
    (16, 1_000, 160_000),
];

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let cells = match asked[..] {
        [appenders, batch, total] => vec![(appenders, batch, total)],
        _ => CELLS.to_vec(),
    };
    let cells =
        cells.into_iter().map(|cell| measure(&runtime, cell)).collect::<anyhow::Result<Vec<Value>>>()?;
    let event_bytes = event(0).encode().len();
    println!(
        "{:#}",
        json!({"bench": "append", "event_bytes": event_bytes, "rounds": ROUNDS, "cells": cells})
    );
    Ok(())
}

fn event(number: u128) -> Event {
    let draft = EventDraft {
        // Ids as they are in life: spread over the whole range.
        id: Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        source: "/bench".into(),
        subject: format!("session {}", number % 1_000),
        partitionkey: format!("session {}", number % 1_000),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data: SessionStarted { user: None, title: Some("x".repeat(PADDING_BYTES)) },
    };
    draft.build().unwrap_or_else(|error| unreachable!("a session has a JSON form: {error}"))
}

/// The median of several rounds of one cell; raw and embedded take turns, so both meet the same disturbances.
fn measure(runtime: &Runtime, (appenders, batch, total): (usize, usize, usize)) -> anyhow::Result<Value> {
    let (mut raw, mut embedded, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(per_second(total, raw_file(batch * appenders, total)?));
        let (elapsed, cpu_time) = embedded_log(runtime, appenders, batch, total)?;
        embedded.push(per_second(total, elapsed));
        cpu.push(cpu_time.as_secs_f64() * 1e6 / as_f64(total));
    }
    let (raw, embedded) = (median(raw), median(embedded));
    Ok(json!({
        "appenders": appenders,
        "batch_events": batch,
        "raw_events_per_second": raw.round(),
        "embedded_events_per_second": embedded.round(),
        "ratio": (embedded / raw * 100.0).round() / 100.0,
        "embedded_cpu_us_per_event": (median(cpu) * 100.0).round() / 100.0,
    }))
}

/// Writes events that are already encoded, `group` of them for each `fdatasync`.
fn raw_file(group: usize, total: usize) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir()?;
    let mut file = File::create(dir.path().join("raw"))?;
    let bytes = event(1).encode().repeat(group);
    let began = Instant::now();
    for _ in 0..total / group {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    Ok(began.elapsed())
}

fn embedded_log(
    runtime: &Runtime,
    appenders: usize,
    batch: usize,
    total: usize,
) -> anyhow::Result<(Duration, Duration)> {
    let dir = tempfile::tempdir()?;
    let log = Arc::new(EmbeddedLog::open(dir.path(), OPTIONS, &SystemClock)?);
    let mut numbers = 0_u128..;
    let mut calls = || -> Vec<Vec<Event>> {
        let calls = total / appenders / batch;
        (0..calls).map(|_| numbers.by_ref().take(batch).map(event).collect()).collect()
    };
    let work: Vec<_> = (0..appenders).map(|_| calls()).collect();
    let (began, cpu_before) = (Instant::now(), cpu_time()?);
    let tasks: Vec<_> = work
        .into_iter()
        .map(|calls| {
            let log = Arc::clone(&log);
            runtime.spawn(async move {
                for call in calls {
                    log.append(call).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for done in runtime.block_on(futures::future::join_all(tasks)) {
        done??;
    }
    Ok((began.elapsed(), cpu_time()?.saturating_sub(cpu_before)))
}

/// CPU time of the process so far, to the hundredth of a second.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>()?))
}

fn per_second(total: usize, elapsed: Duration) -> f64 {
    as_f64(total) / elapsed.as_secs_f64()
}

fn as_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
