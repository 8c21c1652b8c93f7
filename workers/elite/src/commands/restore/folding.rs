//! Folding a restored log: at once into an empty database, event by event into one that is behind. Nobody acts on anything
//! meanwhile, so what was done before shows up as done.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use event_model::{PartitionId, Tenant};
use indicatif::ProgressBar;
use metrics_exporter_prometheus::PrometheusHandle;
use read_models::{PROJECTIONS, RebuildError, Rebuilder, SUBSCRIPTION, TableDigest, digests};
use read_store::{checkpoint, dead_letter, erasure, erasure::Subject, lease};
use tokio::time::{Instant, sleep};

use crate::{
    backup::Backup,
    config::Config,
    lifecycle::{Node, Opening, Roles, Running},
    request::Failure,
};

/// How often the fold is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Brings the keys back, as sealed events must be readable before they are folded, and fills an empty database.
pub(super) async fn fill(
    config: &Config,
    backup: Option<&Backup>,
    metrics: PrometheusHandle,
    bar: &ProgressBar,
) -> Result<(u64, Folded)> {
    let running = Running::start(config.clone(), &Roles::none(), Opening::Prepare, metrics).await?;
    let filled = async {
        let keys = match backup {
            Some(backup) => running.node.keyring.import(&backup.keys).await?,
            None => 0,
        };
        anyhow::Ok((keys, fill_empty(&running.node, bar).await?))
    };
    let filled = filled.await;
    running.stop().await;
    filled
}

/// What was folded, and how long it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Folded {
    /// Events in the log.
    pub(super) events: u64,
    /// Of them, those that were folded now.
    pub(super) now: u64,
    pub(super) took: Duration,
}

/// Folds the whole log into an empty database at once, which is several times as fast as a projector: tables are copied, and
/// indexes come last. A log that cannot be folded at once, because of a poisoned event, is left to the projector.
async fn fill_empty(node: &Node, bar: &ProgressBar) -> Result<Folded> {
    let begun = Instant::now();
    let partitions = node.log.creation().partitions;
    let checkpoints = {
        let client = node.store.client().await?;
        lease::register(&client, SUBSCRIPTION, partitions).await?;
        checkpoint::read(&client, SUBSCRIPTION).await?
    };
    let tails = node.log.tails().await?;
    let events: u64 = tails.iter().map(|tail| tail.0).sum();
    if events == 0 || checkpoints.iter().any(|(_, _, at)| at.position > 0) {
        return Ok(Folded::default());
    }
    bar.set_message("folding");
    bar.set_length(events);
    let reading = (0..).map(PartitionId).zip(tails).map(|(partition, tail)| {
        let (log, keyring) = (Arc::clone(&node.log), Arc::clone(&node.keyring));
        tokio::spawn(async move { roles::place_after(&*log, &*keyring, partition, tail).await })
    });
    let mut places = Vec::new();
    for read in reading.collect::<Vec<_>>() {
        places.push(read.await?.map_err(Failure::failed)?);
    }
    let rebuilder = Rebuilder::new(node.store.clone(), Arc::clone(&node.log), node.projections.clone());
    match rebuilder.relocate(&places, &|at| bar.set_position(at.events_done)).await {
        Ok(_) => Ok(Folded { events, now: events, took: begun.elapsed() }),
        Err(error @ (RebuildError::Log(_) | RebuildError::Store(_))) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the log is folded event by event");
            Ok(Folded::default())
        }
    }
}

/// Folds the log to its end, with nobody acting on anything, so that what was done before shows up as done.
pub(super) async fn fold(
    config: &Config,
    metrics: PrometheusHandle,
    bar: &ProgressBar,
    backup: Option<&Backup>,
) -> Result<(Folded, Settled)> {
    let project = Roles(vec![SUBSCRIPTION.to_owned()]);
    let running = Running::start(config.clone(), &project, Opening::Prepare, metrics).await?;
    let folded = fold_to_the_end(&running.node, bar).await;
    let settled = match folded {
        Ok(folded) => settle(&running.node, backup).await.map(|settled| (folded, settled)),
        Err(error) => Err(error),
    };
    running.stop().await;
    bar.finish_and_clear();
    settled
}

async fn fold_to_the_end(node: &Node, bar: &ProgressBar) -> Result<Folded> {
    let (begun, mut before) = (Instant::now(), None);
    let ends: Vec<u64> = node.log.tails().await?.into_iter().map(|tail| tail.0).collect();
    let events: u64 = ends.iter().sum();
    bar.set_message("folding");
    bar.set_length(events);
    loop {
        let (checkpoints, halted) = {
            let client = node.store.client().await?;
            (checkpoint::read(&client, SUBSCRIPTION).await?, checkpoint::halted(&client, SUBSCRIPTION).await?)
        };
        if let Some((partition, reason)) = halted.first() {
            return Err(astray(*partition, reason));
        }
        let folded: u64 = checkpoints.iter().map(|(_, _, at)| at.position).sum();
        let first = *before.get_or_insert(folded);
        bar.set_position(folded);
        let there = |(partition, _, at): &(u16, i64, checkpoint::Checkpoint)| {
            ends.get(usize::from(*partition)).is_some_and(|end| at.position >= *end)
        };
        if checkpoints.len() == ends.len() && checkpoints.iter().all(there) {
            let all = Folded { events, now: folded - first, took: begun.elapsed() };
            for (partition, _, at) in checkpoints {
                if let Some(reason) = worker_runtime::mismatch(&*node.log, partition, at).await? {
                    return Err(astray(partition, &reason));
                }
            }
            return Ok(all);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// The database has folded what the log no longer has.
fn astray(partition: u16, reason: &str) -> anyhow::Error {
    let what = format!("partition {partition} stands still: {reason}");
    Failure::failed(format!("{what}; run `elite archive heal`, then this command again")).into()
}

/// What came of the rest.
pub(super) struct Settled {
    /// Parked work that is parked again.
    pub(super) parked: u64,
    /// What the tables hold.
    pub(super) tables: Vec<TableDigest>,
}

/// What was decided since the backup holds: who was erased stays erased. Work that had been given up stays given up.
async fn settle(node: &Node, backup: Option<&Backup>) -> Result<Settled> {
    let erased = erasure::erased(&node.store.client().await?).await?;
    for Subject { tenant, subject } in erased {
        node.keyring.destroy(&Tenant(tenant), &subject).await?;
    }
    let work = backup.into_iter().flat_map(|backup| &backup.parked);
    let work: Vec<_> = work.filter(|letter| letter.subscription != SUBSCRIPTION).cloned().collect();
    let parked = dead_letter::park_again(&node.store.client().await?, &work).await?;
    Ok(Settled { parked, tables: digests(&node.store, PROJECTIONS).await? })
}
