//! Archiving events that lie ready and reading them back, against a raw file of the same events. Prints one JSON object.
//!
//! The raw file is written by one thread, once, and synced once; an archive writes each segment, reads it back, compares every
//! event, and syncs segment and link. With a number (`-- EVENTS`) it measures that many events.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use blob_store::BlobStore;
use event_archive::Archive;
use event_log::{Clock, CreationOptions, Position, Recorded, RepeatWindow, SystemClock};
use event_model::{EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

const EVENTS: u64 = 1_000_000;
const PARTITIONS: u16 = 16;
/// Partitions that are worked on at the same time, as `elite archive now` does.
const AT_ONCE: usize = 4;
/// Events asked for at once.
const READ_EVENTS: usize = 5_000;
/// Words in the text of an event, so that it has about 512 bytes in all.
const WORDS: usize = 18;
const VOCABULARY: [&str; 24] = [
    "cache", "build", "the", "digest", "of", "worker", "a", "result", "is", "stored", "remote", "and",
    "action", "for", "key", "timeout", "in", "retries", "artifact", "to", "upload", "was", "not", "found",
];

fn main() -> anyhow::Result<()> {
    let asked: Option<u64> = std::env::args().find_map(|argument| argument.parse().ok());
    Runtime::new()?.block_on(measure(asked.unwrap_or(EVENTS)))
}

/// A fixed sequence of numbers that look drawn.
fn drawn(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed | 1), |state| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    })
}

fn recorded(partition: PartitionId, position: u64) -> anyhow::Result<Recorded> {
    let number = u128::from(position) * 1_024 + u128::from(partition.0);
    let words = drawn(position.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(partition.0)).skip(3);
    let words = words.filter_map(|drawn| VOCABULARY.get(usize::try_from(drawn % 24).ok()?));
    let draft = EventDraft {
        // Ids as they are in life: spread over the whole range.
        id: Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        source: "/bench".into(),
        subject: format!("session {}", number % 1_000),
        partitionkey: format!("session {}", number % 1_000),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data: SessionStarted {
            user: None,
            title: Some(words.take(WORDS).copied().collect::<Vec<_>>().join(" ")),
        },
    };
    Ok(Recorded { partition, position: Position(position), json: draft.build()?.encode().into() })
}

/// How long the raw file takes to be written and synced, and to be read.
fn raw(path: &Path, all: &[Vec<Recorded>]) -> anyhow::Result<(Duration, Duration)> {
    let begun = Instant::now();
    let mut file = File::create(path)?;
    for events in all {
        let bytes: Vec<u8> = events.iter().flat_map(|event| event.json.iter().copied()).collect();
        file.write_all(&bytes)?;
    }
    file.sync_data()?;
    let written = begun.elapsed();
    let begun = Instant::now();
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok((written, begun.elapsed()))
}

async fn read_back(archive: &Archive, partition: PartitionId) -> anyhow::Result<u64> {
    let mut next = Position(1);
    loop {
        let events = archive.read(partition, next, READ_EVENTS).await?;
        let Some(last) = events.last() else { return Ok(next.0 - 1) };
        next = last.position.next();
    }
}

async fn measure(events: u64) -> anyhow::Result<()> {
    let each = events / u64::from(PARTITIONS);
    let all = (0..PARTITIONS)
        .map(|partition| (1..=each).map(|position| recorded(PartitionId(partition), position)).collect())
        .collect::<anyhow::Result<Vec<Vec<Recorded>>>>()?;
    let directory = tempfile::tempdir_in(".").context("the archive is written beside the sources")?;
    let blobs = BlobStore::in_directory(directory.path())?;
    let options = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow::default() };
    let archive = Archive::new(&blobs, &options.create(&SystemClock)?);
    let (raw_written, raw_read) = raw(&directory.path().join("raw"), &all)?;

    let begun = Instant::now();
    let appends = all.iter().map(async |events| {
        let partition = events[0].partition;
        let chain = archive.chain(partition).await?;
        archive.append(partition, &chain, events).await
    });
    let chains: Vec<_> = stream::iter(appends).buffered(AT_ONCE).try_collect().await?;
    let written = begun.elapsed();
    let (size_bytes, events_bytes) = chains
        .iter()
        .fold((0, 0), |(size, raw), chain| (size + chain.size_bytes(), raw + chain.events_bytes()));

    // Another handle, which knows nothing yet.
    let cold = Archive::new(&blobs, archive.creation());
    let begun = Instant::now();
    let reads = (0..PARTITIONS).map(|partition| read_back(&cold, PartitionId(partition)));
    let read: Vec<u64> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    let read_back = begun.elapsed();
    let begun = Instant::now();
    for partition in (0..PARTITIONS).map(PartitionId) {
        let report = cold.verify(partition, true, &|_, _| {}).await?;
        ensure!(report.bad.is_none(), "{:?}", report.bad);
    }
    let verified = begun.elapsed();

    let count = read.iter().sum::<u64>();
    ensure!(count == each * u64::from(PARTITIONS), "{count} events were read back");
    let rate = |taken: Duration| (as_f64(count) / taken.as_secs_f64()).round();
    println!(
        "{:#}",
        json!({
            "bench": "archive", "events": count, "event_bytes": events_bytes / count,
            "archived_bytes_per_event": as_f64(size_bytes) / as_f64(count),
            "ratio": as_f64(events_bytes) / as_f64(size_bytes),
            "written_per_second": rate(written), "read_back_per_second": rate(read_back),
            "verified_deep_per_second": rate(verified),
            "raw_written_per_second": rate(raw_written), "raw_read_per_second": rate(raw_read),
        })
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
