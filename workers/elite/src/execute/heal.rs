//! Healing a log that lost its end: what the archive has is appended again, and what was folded from events that are gone for
//! good gives way to what the log has now. Those events are listed.

use std::collections::HashSet;

use event_archive::Healed;
use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_models::{
    Rebuilder, SUBSCRIPTION,
    query::{FoldedEvent, folded_after},
};
use read_store::{checkpoint, checkpoint::Checkpoint, lease, place::Place};
use roles::{ARCHIVE_SUBSCRIPTION, place_after};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use super::Executed;
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

/// Events compared at a time.
const PORTION: usize = 2_000;

/// What was folded of a partition that the log no longer holds.
struct Astray {
    /// The last event that was folded and that the log still holds at its place.
    agreed: Checkpoint,
    /// What was folded after it and is nowhere in the log.
    gone: Vec<FoldedEvent>,
}

/// Heals every partition; unless it is meant, only says what there is to heal.
pub(super) async fn heal(node: &Node, really: bool, replies: &Sender<Reply>) -> Executed {
    let (mut told, mut places, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let checkpoints = checkpoint::read(&node.store.client().await?, SUBSCRIPTION).await?;
    for partition in 0..node.log.creation().partitions {
        let id = PartitionId(partition);
        let healed = if really {
            node.archive.heal(&*node.live, id).await?
        } else {
            node.archive.look_for_loss(&*node.live, id).await?
        };
        let at = checkpoints.iter().find(|(of, ..)| *of == partition).map(|(_, _, at)| *at);
        let astray = astray(node, id, at.unwrap_or_default()).await?;
        if healed.brought_back > 0 || astray.is_some() {
            told.push(told_of(&healed, astray.as_ref()));
        }
        let Some(astray) = astray else { continue };
        let place = place_after(&*node.log, &*node.keyring, id, Position(astray.agreed.position)).await;
        places.push(place.map_err(Failure::failed)?);
        gone.extend(astray.gone);
        let (done, total) = (u64::from(partition) + 1, u64::from(node.log.creation().partitions));
        replies.try_send(Reply::Progress { done, total }).ok();
    }
    if really {
        settle(node, &places, replies).await?;
    }
    // Before what is archived is back in the log, nobody can tell which of the folded events are gone for good.
    Ok(json!({ "healed": really, "partitions": told, "gone": gone }))
}

fn told_of(healed: &Healed, astray: Option<&Astray>) -> Value {
    json!({
        "partition": healed.partition,
        "log_agrees_up_to": healed.agreed,
        "brought_back": healed.brought_back,
        "archive_forked": healed.forked,
        "log_ends_at": healed.tail,
        "folded_again_from": astray.map(|astray| astray.agreed.position + 1),
        "gone": astray.map_or(0, |astray| astray.gone.len()),
    })
}

/// Sets back what has to be, and lets every partition go on that stood still because of the loss.
async fn settle(node: &Node, places: &[Place], replies: &Sender<Reply>) -> Result<(), Failure> {
    if !places.is_empty() {
        let rebuilder = Rebuilder::new(node.store.clone(), Arc::clone(&node.log), node.projections.clone());
        let progress = |at: read_models::Progress| {
            replies.try_send(Reply::Progress { done: at.events_done, total: at.events_total }).ok();
        };
        rebuilder.relocate(places, &progress).await.map_err(Failure::failed)?;
    }
    let client = node.store.client().await?;
    for subscription in [SUBSCRIPTION, ARCHIVE_SUBSCRIPTION] {
        for (partition, reason) in checkpoint::halted(&client, subscription).await? {
            if !reason.starts_with(lease::PAUSED) {
                checkpoint::set_halted(&client, subscription, partition, None).await?;
            }
        }
    }
    Ok(())
}

/// Compares what was folded with what the log holds, from the first event on: a lost event that its producer sent again may
/// have its old position in a log that differs before it. `None` if the log holds the checkpoint's own event.
async fn astray(node: &Node, partition: PartitionId, at: Checkpoint) -> Result<Option<Astray>, Failure> {
    if worker_runtime::mismatch(&*node.log, partition.0, at).await?.is_none() {
        return Ok(None);
    }
    let (mut agreed, mut folded) = (Checkpoint::default(), Vec::new());
    loop {
        folded.extend(folded_from(node, partition, agreed.position + folded.len() as u64).await?);
        if folded.is_empty() {
            break;
        }
        let held = ids(&*node.log, partition, Position(agreed.position + 1), folded.len()).await?;
        let same = folded.iter().zip(&held).take_while(|(folded, held)| folded.event_id == **held).count();
        for one in folded.drain(..same) {
            agreed = agreed.passing(partition.0, one.position.unsigned_abs(), one.event_id);
        }
        if !folded.is_empty() {
            break;
        }
    }
    loop {
        let more = folded_from(node, partition, agreed.position + folded.len() as u64).await?;
        if more.is_empty() {
            break;
        }
        folded.extend(more);
    }
    let now_held = ids_after(&*node.log, partition, Position(agreed.position)).await?;
    folded.retain(|one| !now_held.contains(&one.event_id));
    Ok(Some(Astray { agreed, gone: folded }))
}

async fn folded_from(node: &Node, partition: PartitionId, after: u64) -> Result<Vec<FoldedEvent>, Failure> {
    let client = node.store.client().await?;
    Ok(folded_after(&client, partition.0, after, PORTION).await?)
}

/// The ids that the log holds from a position on; fewer where it ends.
async fn ids(
    log: &dyn EventLog,
    partition: PartitionId,
    from: Position,
    limit: usize,
) -> Result<Vec<Uuid>, Failure> {
    let tails = log.tails().await?;
    if tails.get(usize::from(partition.0)).is_none_or(|tail| from > *tail) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    while found.len() < limit {
        let next = Position(from.0 + found.len() as u64);
        let events = log.read(partition, next, limit - found.len()).await?;
        if events.is_empty() {
            break;
        }
        found.extend(events.iter().map(|event| event.envelope().map(|event| event.id).unwrap_or_default()));
    }
    Ok(found)
}

async fn ids_after(
    log: &dyn EventLog,
    partition: PartitionId,
    after: Position,
) -> Result<HashSet<Uuid>, Failure> {
    let (mut held, mut from) = (HashSet::new(), after.next());
    loop {
        let more = ids(log, partition, from, PORTION).await?;
        if more.is_empty() {
            return Ok(held);
        }
        from = Position(from.0 + more.len() as u64);
        held.extend(more);
    }
}
