//! The log itself: looking at events, counting them, appending them.

use std::{collections::BTreeMap, time::Duration};

use event_log::{EventLog, Position, Recorded, sealed};
use event_model::{EventData, EventDraft, IncomingEvent, PartitionId, Tenant};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use super::Executed;
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

/// How long folding an event of ours may take.
const FOLD_TIME_MAX: Duration = Duration::from_secs(30);
/// Events read at once.
const BATCH: usize = 500;

/// An event as stored, with its place.
pub(super) fn stored(record: &Recorded) -> Value {
    let event: Value = serde_json::from_slice(&record.json).unwrap_or(Value::Null);
    json!({ "partition": record.partition, "position": record.position, "event": event })
}

pub(super) async fn show(node: &Node, id: Uuid) -> Executed {
    let mut found = None;
    walk(&*node.log, |record| {
        let matches = record.envelope().is_ok_and(|event| event.id == id);
        if matches {
            found = Some(stored(record));
        }
        !matches
    })
    .await?;
    found.ok_or_else(|| Failure::failed(format!("event {id} is not in the log")))
}

pub(super) async fn stats(node: &Node) -> Executed {
    let (mut types, mut bytes, mut events) = (BTreeMap::<String, u64>::new(), 0, 0);
    walk(&*node.log, |record| {
        let name =
            record.envelope().map_or_else(|_| "unreadable".to_owned(), |event| event.event_type.to_string());
        *types.entry(name).or_default() += 1;
        (bytes, events) = (bytes + record.json.len() as u64, events + 1);
        true
    })
    .await?;
    let tails = node.log.tails().await?;
    Ok(
        json!({ "log": node.log.creation(), "events": events, "bytes": bytes, "types": types, "tails": tails }),
    )
}

/// Looks at every event, partition by partition, until `look` says to stop.
async fn walk(log: &dyn EventLog, mut look: impl FnMut(&Recorded) -> bool + Send) -> Result<(), Failure> {
    for partition in (0..log.creation().partitions).map(PartitionId) {
        let mut from = Position(1);
        loop {
            let records = log.read(partition, from, BATCH).await?;
            let Some(last) = records.last() else { break };
            from = last.position.next();
            if !records.iter().all(&mut look) {
                return Ok(());
            }
        }
    }
    Ok(())
}

pub(super) async fn append(node: &Node, event: &Value) -> Executed {
    let incoming = IncomingEvent::decode(event.to_string().as_bytes()).map_err(Failure::wrong_use)?;
    let event = incoming.accept(Tenant::default(), node.clock.now()).map_err(Failure::wrong_use)?;
    let event = sealed(&*node.keyring, event).await.map_err(Failure::failed)?;
    let appended = node.log.append(vec![event]).await?;
    Ok(json!({ "appended": appended }))
}

/// Appends an event about `subject`, ordered by `key`, and waits until it is folded.
pub(super) async fn append_about<T: EventData>(
    node: &Node,
    tenant: Tenant,
    subject: &str,
    key: &str,
    data: T,
) -> Executed {
    let draft = EventDraft {
        id: node.clock.fresh_id(),
        source: "/cli".to_owned(),
        subject: subject.to_owned(),
        partitionkey: key.to_owned(),
        tenant,
        time: node.clock.now(),
        data,
    };
    let appended = node.log.append(vec![draft.build().map_err(Failure::failed)?]).await?;
    let places: Vec<(u16, u64)> = appended.iter().map(|one| (one.partition.0, one.position.0)).collect();
    if !node.progress.wait(&node.store, &places, FOLD_TIME_MAX).await? {
        return Err(Failure::failed(
            "the event is in the log, but it was not folded within 30 s; see `elite projection list`",
        ));
    }
    Ok(json!({ "appended": appended }))
}

pub(super) async fn tail(
    node: &Node,
    backlog: u64,
    follow: bool,
    event_type: Option<&str>,
    replies: &Sender<Reply>,
) -> Executed {
    let tails = node.log.tails().await?;
    let share = backlog.div_ceil(tails.len().max(1) as u64);
    let mut next: Vec<Position> =
        tails.iter().map(|tail| Position(tail.0.saturating_sub(share) + 1)).collect();
    let mut sent = 0_u64;
    loop {
        let version = node.log.version();
        let mut records = Vec::new();
        for (partition, from) in (0..).map(PartitionId).zip(&mut next) {
            let found = node.log.read(partition, *from, BATCH).await?;
            *from = Position(from.0 + found.len() as u64);
            records.extend(found);
        }
        let more = !records.is_empty();
        let when = |record: &Recorded| record.envelope().map(|event| event.recordedtime).ok();
        records.sort_by_cached_key(when);
        for record in records {
            let wanted = |kind: &str| record.envelope().is_ok_and(|event| event.event_type.starts_with(kind));
            if event_type.is_none_or(wanted) {
                sent += 1;
                if replies.send(Reply::Item { item: stored(&record) }).await.is_err() {
                    return Ok(Value::Null);
                }
            }
        }
        if !follow && !more {
            return Ok(json!({ "events": sent }));
        }
        if !more {
            tokio::time::timeout(Duration::from_secs(1), node.log.changed(version)).await.ok();
        }
    }
}
