//! Projections: where they are, proving them against the log, replacing them.

use std::sync::Arc;

use read_models::{PROJECTIONS, Rebuilder, SUBSCRIPTION};
use read_store::{checkpoint, lease};
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::{Executed, told};
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

pub(super) async fn list(node: &Node) -> Executed {
    let tails = node.log.tails().await?;
    let partitions = {
        let client = node.store.client().await?;
        lease::list(&client).await?
    };
    let at = |partition: i32| {
        usize::try_from(partition).ok().and_then(|at| tails.get(at)).map_or(0, |tail| tail.0)
    };
    let places = partitions.iter().filter(|state| state.subscription == SUBSCRIPTION).map(|state| {
        let (position, tail) = (state.position.unsigned_abs(), at(state.partition));
        let lag = tail.saturating_sub(position);
        json!({ "partition": state.partition, "position": position, "tail": tail, "lag": lag, "halted": state.halted })
    });
    let places: Vec<_> = places.collect();
    let projections: Vec<_> = PROJECTIONS
        .iter()
        .map(|projection| json!({ "name": projection.name(), "version": projection.version(), "tables": projection.tables() }))
        .collect();
    Ok(json!({ "projections": projections, "partitions": places }))
}

pub(super) async fn rebuild(node: &Node, names: &[String], replies: &Sender<Reply>) -> Executed {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = rebuilder(node).rebuild(&names, &|at| report_progress(replies, at)).await;
    told(&report.map_err(Failure::failed)?)
}

pub(super) async fn verify(node: &Node, names: &[String], replies: &Sender<Reply>) -> Executed {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = rebuilder(node).verify(&names, &|at| report_progress(replies, at)).await;
    told(&report.map_err(Failure::failed)?)
}

fn rebuilder(node: &Node) -> Rebuilder {
    Rebuilder::new(node.store.clone(), Arc::clone(&node.log), node.projections.clone())
}

fn report_progress(replies: &Sender<Reply>, at: read_models::Progress) {
    // A reader that is slow misses a step of the progress bar.
    replies.try_send(Reply::Progress { done: at.events_done, total: at.events_total }).ok();
}

pub(super) async fn pause(node: &Node) -> Executed {
    let reason = format!("{} by an operator; `elite projection resume` goes on", lease::PAUSED);
    set_halted(node, Some(&reason)).await
}

pub(super) async fn resume(node: &Node) -> Executed {
    set_halted(node, None).await
}

async fn set_halted(node: &Node, reason: Option<&str>) -> Executed {
    let client = node.store.client().await?;
    for partition in 0..node.log.creation().partitions {
        checkpoint::set_halted(&client, SUBSCRIPTION, partition, reason).await?;
    }
    Ok(json!({ "paused": reason.is_some(), "partitions": node.log.creation().partitions }))
}
