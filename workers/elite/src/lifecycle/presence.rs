//! Telling others of this process while it runs: people, by its row in the list of workers, and other processes, by how far it
//! has folded.

use std::time::Duration;

use event_log::Position;
use event_model::PartitionId;
use read_models::SUBSCRIPTION;
use read_store::{
    Store, StoreError,
    lease::Term,
    worker::{self, Announcement},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Node;

/// How often positions are mirrored.
const MIRROR_EVERY: Duration = Duration::from_secs(1);

/// Announces `worker` until `stop`, then takes it off the list. Nothing hangs on it: projectors announce themselves, with
/// the partitions that they share.
pub(super) async fn keep_announced(
    store: Store,
    worker: Announcement,
    lease: Duration,
    term: Term,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        if let Err(error) = announce(&store, &worker, term).await {
            tracing::warn!(%error, "this process could not be announced; it is tried again");
        }
        tokio::select! {
            () = sleep(lease / 3) => {}
            () = stop.cancelled() => {}
        }
    }
    if let Err(error) = leave(&store, &worker).await {
        tracing::debug!(%error, "this process stays on the list until its time is up");
    }
}

async fn announce(store: &Store, worker: &Announcement, term: Term) -> Result<(), StoreError> {
    worker::announce(&store.client().await?, worker, term).await
}

async fn leave(store: &Store, worker: &Announcement) -> Result<(), StoreError> {
    worker::leave(&store.client().await?, worker.owner).await
}

/// Tells other processes what this one folds and hears what they fold, until `stop`. Only hints, so that nobody has to
/// wait for the next look at the checkpoints.
pub(super) async fn share_positions(node: Node, stop: CancellationToken) {
    let sharing = async {
        let scope = loop {
            match node.progress.scope(&node.store).await {
                Ok(scope) => break scope.to_owned(),
                Err(error) => tracing::debug!(%error, "positions are not shared yet"),
            }
            sleep(node.config.lease / 3).await;
        };
        let hear = |positions| node.progress.hear(positions);
        let topic = realtime::positions_topic(&scope);
        realtime::share_positions(&*node.realtime, &topic, node.progress.folded_here(), hear).await;
    };
    stop.run_until_cancelled(sharing).await;
}

/// Lets those who watch the log itself see how far this process has folded, until `stop`. Nothing reads it back.
pub(super) async fn mirror_positions(node: Node, stop: CancellationToken) {
    let folded_here = node.progress.folded_here();
    let mut told = vec![0; folded_here.borrow().len()];
    while !stop.is_cancelled() {
        tokio::select! {
            () = sleep(MIRROR_EVERY) => {}
            () = stop.cancelled() => {}
        }
        // Only what went on: a partition that another process folds now must not be set back.
        let folded = folded_here.borrow().clone();
        let further =
            (0..).map(PartitionId).zip(folded.iter().zip(&told)).filter(|(_, (now, told))| now > told);
        let further: Vec<_> = further.map(|(partition, (now, _))| (partition, Position(*now))).collect();
        if let Err(error) = node.log.mirror(SUBSCRIPTION, &further).await {
            tracing::debug!(%error, "positions are not mirrored to the log");
        }
        told = folded;
    }
}

/// The name of this machine, if the system tells it.
pub(super) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}
