//! What a part of the log comes to for the protocol: the checkpoint after it, and the work that it asks for without answering it.
//! For healing and restoring, where rows are not folded one after the other.

use std::collections::BTreeMap;

use event_log::{EventLog, Keyring, Position, opened};
use event_model::PartitionId;
use read_store::{
    checkpoint::Checkpoint,
    place::Place,
    todo::{Cause, Change},
};
use uuid::Uuid;
use worker_runtime::WorkError;

use crate::catalogue::todo_changes;

/// Events read at once.
const PORTION: usize = 2_000;

/// `partition` as it is after the event at `last`.
pub async fn place_after(
    log: &dyn EventLog,
    keyring: &dyn Keyring,
    partition: PartitionId,
    last: Position,
) -> Result<Place, WorkError> {
    let mut open: BTreeMap<(&'static str, Uuid), Cause> = BTreeMap::new();
    let mut at = Checkpoint::default();
    while at.position < last.0 {
        let wanted = usize::try_from(last.0 - at.position).unwrap_or(PORTION).min(PORTION);
        let events = log.read(partition, Position(at.position + 1), wanted).await?;
        if events.is_empty() {
            let place = at.position;
            return Err(WorkError::halt(format!("partition {partition} has nothing after position {place}")));
        }
        for recorded in &events {
            let event = recorded.envelope().map_err(WorkError::halt)?;
            let (id, position) = (event.id, recorded.position.0);
            // Only what names a person may be unreadable, and only what changes a list has to be read.
            let mut changes = todo_changes(&event, partition.0, position, true);
            if !changes.is_empty()
                && event.datasubject.is_some()
                && opened(keyring, event.clone()).await?.is_none()
            {
                changes = todo_changes(&event, partition.0, position, false);
            }
            for change in changes {
                match change {
                    Change::Add(cause) => drop(open.insert((cause.role, cause.cause_id), cause)),
                    Change::Done { role, cause_id } => drop(open.remove(&(role, cause_id))),
                }
            }
            at = at.passing(partition.0, position, id);
        }
    }
    Ok(Place { partition: partition.0, to: at, open: open.into_values().collect() })
}
