//! What a part of the log asks for without answering it: the to-do lists as of a position. For healing, when results were lost.

use std::collections::BTreeMap;

use event_log::{EventLog, Keyring, Position, opened};
use event_model::PartitionId;
use read_store::todo::{Cause, Change};
use uuid::Uuid;
use worker_runtime::WorkError;

use crate::catalogue::todo_changes;

/// Events read at once.
const PORTION: usize = 2_000;

/// The work that events of `partition` up to `last` ask for and none of them answers.
pub async fn open_work(
    log: &dyn EventLog,
    keyring: &dyn Keyring,
    partition: PartitionId,
    last: Position,
) -> Result<Vec<Cause>, WorkError> {
    let mut open: BTreeMap<(&'static str, Uuid), Cause> = BTreeMap::new();
    let mut at = Position::START;
    while at < last {
        let wanted = usize::try_from(last.0 - at.0).unwrap_or(PORTION).min(PORTION);
        let events = log.read(partition, at.next(), wanted).await?;
        let Some(end) = events.last().map(|event| event.position) else { break };
        for recorded in &events {
            // What is no event was never folded, and asks for nothing.
            let Ok(envelope) = recorded.envelope() else { continue };
            let event = envelope.into_owned();
            let readable = opened(keyring, event.clone()).await?.is_some();
            for change in todo_changes(&event, partition.0, recorded.position.0, readable) {
                match change {
                    Change::Add(cause) => drop(open.insert((cause.role, cause.cause_id), cause)),
                    Change::Done { role, cause_id } => drop(open.remove(&(role, cause_id))),
                }
            }
        }
        at = end;
    }
    Ok(open.into_values().collect())
}
