//! Who is at work, and who owns which partition.

use read_store::{lease, lease::PartitionState, worker, worker::WorkerState};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Executed;
use crate::lifecycle::Node;

pub(super) async fn list(node: &Node) -> Executed {
    let tails = node.log.tails().await?;
    let (workers, partitions) = {
        let client = node.store.client().await?;
        (worker::list(&client).await?, lease::list(&client).await?)
    };
    let workers: Vec<Value> = workers.iter().map(told_worker).collect();
    let lag = |state: &PartitionState| {
        let tail =
            usize::try_from(state.partition).ok().and_then(|at| tails.get(at)).map_or(0, |tail| tail.0);
        tail.saturating_sub(state.position.unsigned_abs())
    };
    let partitions: Vec<Value> = partitions
        .iter()
        .map(|state| {
            json!({
                "subscription": state.subscription, "partition": state.partition, "owner": state.owner,
                "worker": state.owner.map(short), "epoch": state.epoch, "lease_until": state.lease_until,
                "position": state.position, "lag": lag(state), "halted": state.halted,
            })
        })
        .collect();
    Ok(json!({ "workers": workers, "partitions": partitions }))
}

fn told_worker(state: &WorkerState) -> Value {
    let owned: Vec<String> = state.partitions.iter().map(|owned| owned.partition.to_string()).collect();
    json!({
        "owner": state.owner, "worker": short(state.owner), "roles": state.roles.join(" "), "host": state.host,
        "process_id": state.process_id, "version": state.version, "started_at": state.started_at,
        "alive": state.alive, "partitions": owned.join(" "),
    })
}

/// The last digits of an id, which differ even when ids were made in the same moment.
fn short(owner: Uuid) -> String {
    let text = owner.simple().to_string();
    text[text.len() - 8..].to_owned()
}
