//! The archive: how far it is, proving it, bringing it up to date.

use std::time::Instant;

use event_archive::{Bad, PartitionReport};
use event_log::Position;
use event_model::PartitionId;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;
use worker_runtime::{Decision, WorkError};

use super::Executed;
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

/// Partitions that are archived at the same time.
const ARCHIVED_AT_ONCE: usize = 4;

impl From<event_archive::ArchiveError> for Failure {
    fn from(error: event_archive::ArchiveError) -> Self {
        if error.is_transient() { Self::unreachable(error) } else { Self::failed(error) }
    }
}

fn failure(error: WorkError) -> Failure {
    match error.decision {
        Decision::Retry => Failure::unreachable(error),
        Decision::DeadLetter | Decision::Halt => Failure::failed(error),
    }
}

fn partitions(node: &Node) -> impl Iterator<Item = PartitionId> + use<> {
    (0..node.log.creation().partitions).map(PartitionId)
}

pub(super) async fn status(node: &Node) -> Executed {
    let (firsts, tails) = (node.live.firsts().await?, node.live.tails().await?);
    let (mut told, mut archived, mut size_bytes, mut segments) = (Vec::new(), 0, 0, 0);
    for ((partition, first), tail) in partitions(node).zip(firsts).zip(&tails) {
        let (chain, damage) = node.archive.intact_chain(partition).await?;
        archived += chain.last().0;
        size_bytes += chain.size_bytes();
        segments += chain.segments_total();
        told.push(json!({
            "partition": partition, "archived_to": chain.last(), "log_begins_at": first, "log_ends_at": tail,
            "segments": chain.segments_total(), "links": chain.links(), "forks": chain.forks().len(),
            "size_bytes": chain.size_bytes(), "events_bytes": chain.events_bytes(),
            "ratio": ratio(chain.events_bytes(), chain.size_bytes()), "digest": chain.digest(),
            "problem": damage.map(|damage| damage.to_string()).or_else(|| hole(first, chain.last())),
        }));
    }
    let events: u64 = tails.iter().map(|tail| tail.0).sum();
    Ok(json!({
        "incarnation": node.log.creation().incarnation, "partitions": told, "events": events,
        "events_archived": archived, "size_bytes": size_bytes, "segments": segments,
    }))
}

/// How many times smaller the segments are than the events in them, with two digits.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn ratio(events_bytes: u64, size_bytes: u64) -> Value {
    if size_bytes == 0 {
        Value::Null
    } else {
        json!((events_bytes as f64 / size_bytes as f64 * 100.0).round() / 100.0)
    }
}

/// What is wrong where the log begins at `first` and the archive ends at `last`.
fn hole(first: Position, last: Position) -> Option<String> {
    (first > last.next()).then(|| {
        format!("the log begins at {first} and the archive ends at {last}; what was between is in neither")
    })
}

pub(super) async fn verify(node: &Node, deep: bool, replies: &Sender<Reply>) -> Executed {
    let (begun, firsts) = (Instant::now(), node.live.firsts().await?);
    let mut total = 0;
    for partition in partitions(node) {
        total += node.archive.links(partition).await?;
    }
    let (mut reports, mut done) = (Vec::new(), 0);
    for (partition, first) in partitions(node).zip(firsts) {
        let progress = |links, _| {
            // A reader that is slow misses a step of the progress bar.
            replies.try_send(Reply::Progress { done: done + links, total }).ok();
        };
        let mut report = node.archive.verify(partition, deep, &progress).await?;
        if let (None, Some(reason)) = (&report.bad, hole(first, report.last)) {
            let object = format!("partition {partition}");
            report.bad = Some(Bad { object, position: report.last.next(), reason });
        }
        done += report.links;
        reports.push(report);
    }
    let sum = |of: fn(&PartitionReport) -> u64| reports.iter().map(of).sum::<u64>();
    let seconds = begun.elapsed().as_secs_f64();
    Ok(json!({
        "sound": reports.iter().all(|report| report.bad.is_none()), "deep": deep, "seconds": seconds,
        "events": sum(|report| report.last.0), "segments": sum(|report| report.segments),
        "links": sum(|report| report.links), "size_bytes": sum(|report| report.size_bytes),
        "partitions": reports,
    }))
}

pub(super) async fn now(node: &Node, replies: &Sender<Reply>) -> Executed {
    let added = archive_now(node, replies).await?;
    Ok(
        json!({ "events_added": added.events_added, "events_archived": added.events_archived, "partitions": added.ends }),
    )
}

/// What archiving everything at once came to.
pub(crate) struct CaughtUp {
    /// How many events the archive holds now that it did not hold before; a guess if others archive meanwhile.
    pub(crate) events_added: u64,
    /// How many events are archived.
    pub(crate) events_archived: u64,
    /// The last archived position of each partition.
    pub(crate) ends: Vec<Position>,
}

/// Archives everything that the log holds when this begins. Nothing is trimmed.
pub(crate) async fn archive_now(node: &Node, replies: &Sender<Reply>) -> Result<CaughtUp, Failure> {
    let archivist = node.archivist();
    let mut before = 0;
    for partition in partitions(node) {
        before += archivist.chain(partition).await.map_err(failure)?.last().0;
    }
    let tail: u64 = node.live.tails().await?.iter().map(|tail| tail.0).sum();
    let mut done = before;
    let all = partitions(node).map(|partition| {
        let archivist = archivist.clone();
        async move { archivist.archive_all(partition).await.map_err(failure) }
    });
    let mut archived = stream::iter(all).buffered(ARCHIVED_AT_ONCE);
    let mut ends = Vec::new();
    while let Some(chain) = archived.try_next().await? {
        ends.push(chain.last());
        done = done.max(ends.iter().map(|end| end.0).sum());
        replies.try_send(Reply::Progress { done, total: tail.max(done) }).ok();
    }
    let events_archived = ends.iter().map(|end| end.0).sum();
    Ok(CaughtUp { events_added: u64::saturating_sub(events_archived, before), events_archived, ends })
}
