//! Making a lost log anew from its archive. The only other place besides `wire` that names concrete logs, because it makes what
//! `wire` opens.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use event_archive::Archive;
use event_log::{Clock, Creation, CreationOptions, EventLog, Position, Recorded, SystemClock};
use event_log_embedded::EmbeddedLog;
use event_log_redis::{RedisLog, RedisLogOptions, Restoration};
use event_model::PartitionId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    config::{Config, LogBackend},
    request::Failure,
};

/// Events read from the archive at a time.
const PORTION: usize = 5_000;

/// What became of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogRestored {
    /// It is there, and was left alone.
    WasThere,
    /// It was made anew.
    Anew,
}

/// Makes the log that `archive` is of, unless it is there. `on_event` hears how many events were taken from the archive.
pub(crate) async fn restore_log(
    config: &Config,
    archive: &Archive,
    on_events: &(dyn Fn(u64) + Send + Sync),
) -> Result<LogRestored> {
    match &config.log {
        LogBackend::Embedded => embedded(config.data_dir.join("log"), archive, on_events).await,
        LogBackend::Redis { url } => redis(url, archive, on_events).await,
    }
}

fn options(creation: &Creation) -> CreationOptions {
    CreationOptions { partitions: creation.partitions, repeats: creation.repeats }
}

fn partitions(archive: &Archive) -> impl Iterator<Item = PartitionId> + use<> {
    (0..archive.creation().partitions).map(PartitionId)
}

/// A log in Redis holds no event that is archived: it knows where it ended, and the ids of its last events.
async fn redis(url: &str, archive: &Archive, on_events: &(dyn Fn(u64) + Send + Sync)) -> Result<LogRestored> {
    let creation = archive.creation();
    let options = RedisLogOptions { url: url.to_owned(), creation: options(creation), create: false };
    if let Ok(found) = RedisLog::open(options.clone(), &SystemClock).await {
        same(found.creation(), creation)?;
        return Ok(LogRestored::WasThere);
    }
    let mut restoration =
        Restoration::begin(options, creation.clone(), &SystemClock).await.map_err(Failure::failed)?;
    for partition in partitions(archive) {
        let chain = archive.chain(partition).await?;
        restoration.partition(partition, chain.last()).await?;
        let mut from = Position(chain.last().0.saturating_sub(creation.repeats.0) + 1);
        while from <= chain.last() {
            let events = archive.read_in(&chain, from, PORTION).await?;
            let Some(last) = events.last() else { break };
            from = last.position.next();
            let ids = events.iter().map(|event| Ok((event.envelope()?.id, event.position)));
            restoration.remember(partition, &ids.collect::<Result<Vec<_>>>()?).await?;
            on_events(events.len() as u64);
        }
    }
    restoration.finish().await?;
    Ok(LogRestored::Anew)
}

/// An embedded log keeps everything, so everything is appended again, to the positions where it was. What broke off goes on.
async fn embedded(
    directory: PathBuf,
    archive: &Archive,
    on_events: &(dyn Fn(u64) + Send + Sync),
) -> Result<LogRestored> {
    let creation = archive.creation().clone();
    let wanted = options(&creation);
    let opening = move || EmbeddedLog::open(&directory, wanted, &AsRecorded(creation));
    let log = tokio::task::spawn_blocking(opening).await??;
    same(log.creation(), archive.creation())?;
    let tails = log.tails().await?;
    let mut restored = LogRestored::WasThere;
    for (partition, tail) in partitions(archive).zip(tails) {
        let chain = archive.chain(partition).await?;
        let mut tail = tail;
        while tail < chain.last() {
            let events = archive.read_in(&chain, tail.next(), PORTION).await?;
            ensure!(!events.is_empty(), "the archive of partition {partition} has nothing after {tail}");
            tail = append(&log, &events).await?;
            on_events(events.len() as u64);
            restored = LogRestored::Anew;
        }
    }
    Ok(restored)
}

/// Appends `events`, which must get the positions that they had; returns the last.
async fn append(log: &EmbeddedLog, events: &[Recorded]) -> Result<Position> {
    let owned = events.iter().map(|event| Ok(event.envelope()?.into_owned()));
    let answers = log.append(owned.collect::<Result<Vec<_>>>()?).await?;
    for (event, answer) in events.iter().zip(&answers) {
        ensure!(
            event.position == answer.position,
            "event {} was at {} and is now at {}; the log was written to meanwhile, or is another one",
            answer.id,
            event.position,
            answer.position
        );
    }
    Ok(events.last().map_or(Position::START, |event| event.position))
}

fn same(found: &Creation, wanted: &Creation) -> Result<()> {
    ensure!(
        found.incarnation == wanted.incarnation,
        "there is another log already (incarnation {}, and the archive is of {}); restore into an empty place",
        found.incarnation,
        wanted.incarnation
    );
    Ok(())
}

/// A clock for the moment in which the log was made, so that a log made with it has the same record.
struct AsRecorded(Creation);

impl Clock for AsRecorded {
    fn now(&self) -> Timestamp {
        self.0.created
    }

    fn fresh_id(&self) -> Uuid {
        self.0.incarnation
    }
}
