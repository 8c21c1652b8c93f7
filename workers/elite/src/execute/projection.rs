//! Projections: where they are, proving them against the log, replacing them.

use std::sync::Arc;

use read_models::{AsOf, OnDifference, PROJECTIONS, RebuildError, Rebuilder, SUBSCRIPTION};
use read_store::{checkpoint, completeness, lease};
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

pub(super) async fn rebuild(
    node: &Node,
    names: &[String],
    accept: bool,
    replies: &Sender<Reply>,
) -> Executed {
    let (names, on_difference) = (named(names), on_difference(accept));
    let report = rebuilder(node).rebuild(&names, on_difference, &|at| report_progress(replies, at)).await;
    told(&report.map_err(failed)?)
}

pub(super) async fn rollback(
    node: &Node,
    names: &[String],
    accept: bool,
    replies: &Sender<Reply>,
) -> Executed {
    let (names, on_difference) = (named(names), on_difference(accept));
    let reports = rebuilder(node).rollback(&names, on_difference, &|at| report_progress(replies, at)).await;
    told(&reports.map_err(failed)?)
}

pub(super) async fn as_of(node: &Node, names: &[String], as_of: &str, replies: &Sender<Reply>) -> Executed {
    let as_of: AsOf = as_of.parse().map_err(|error: String| Failure::wrong_use(error))?;
    let history = rebuilder(node).as_of(&named(names), &as_of, &|at| report_progress(replies, at)).await;
    told(&history.map_err(failed)?)
}

pub(super) async fn verify(node: &Node, names: &[String], replies: &Sender<Reply>) -> Executed {
    let report = rebuilder(node).verify(&named(names), &|at| report_progress(replies, at)).await;
    let report = report.map_err(failed)?;
    // Rows that equal a replay of everything were folded from everything.
    let adopt = names.is_empty() && report.is_equal();
    let complete = completeness::compare(&node.store, &*node.log, SUBSCRIPTION, adopt, &|_| {}).await;
    let mut report = told(&report)?;
    report["completeness"] = told(&complete.map_err(Failure::failed)?)?;
    Ok(report)
}

pub(super) async fn forget_retired(node: &Node, names: &[String]) -> Executed {
    let known = node.projections.only(&named(names)).map_err(failed)?;
    let names: Vec<&str> = known.projections().iter().map(|projection| projection.name()).collect();
    let dropped = read_models::forget_retired(&node.store, &names).await?;
    Ok(json!({ "dropped": dropped }))
}

pub(super) async fn drop_as_of(node: &Node, schema: &str) -> Executed {
    if read_models::drop_as_of(&node.store, schema).await? {
        return Ok(json!({ "dropped": schema }));
    }
    Err(Failure::failed(format!(
        "there is no schema `{schema}` with history; `elite projection as-of list` shows them"
    )))
}

fn named(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn on_difference(accept: bool) -> OnDifference {
    if accept { OnDifference::Promote } else { OnDifference::Stop }
}

fn failed(error: RebuildError) -> Failure {
    match error {
        RebuildError::NotThere(_) => Failure::wrong_use(error),
        other => Failure::failed(other),
    }
}

fn rebuilder(node: &Node) -> Rebuilder {
    Rebuilder::new(node.store.clone(), Arc::clone(&node.log), node.projections.clone())
}

fn report_progress(replies: &Sender<Reply>, at: read_models::Progress) {
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let ratio = at.events_done as f64 / at.events_total.max(1) as f64;
    metrics::gauge!("elite_projection_rebuild_progress_ratio").set(ratio);
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
