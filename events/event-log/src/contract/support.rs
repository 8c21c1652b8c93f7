//! Events to append and the invariants that hold for whatever was appended.

use std::collections::HashSet;

use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use uuid::Uuid;

use crate::{Appended, Clock, CreationOptions, EventLog, ManualClock, Position, Recorded, RepeatWindow};

/// Several partitions and the usual window.
pub(super) const FOUR_PARTITIONS: CreationOptions =
    CreationOptions { partitions: 4, repeats: RepeatWindow(1_000_000) };

/// One partition, so that every event is in it.
pub(super) const ONE_PARTITION: CreationOptions =
    CreationOptions { partitions: 1, repeats: RepeatWindow(1_000_000) };

/// One partition that recognises the last five ids.
pub(super) const WINDOW_OF_FIVE: CreationOptions =
    CreationOptions { partitions: 1, repeats: RepeatWindow(5) };

/// The only partition of a log that has one.
pub(super) const P0: PartitionId = PartitionId(0);

/// An event; equal arguments make equal events.
pub(super) fn event(id: u128, key: &str, padding_bytes: usize) -> Event {
    let title = format!("event {id} {}", "x".repeat(padding_bytes));
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/contract".into(),
        subject: key.into(),
        partitionkey: key.into(),
        tenant: Tenant::default(),
        time: ManualClock::default().now(),
        data: SessionStarted { user: None, title: Some(title) },
    };
    draft.build().expect("a session has a JSON form")
}

/// Events `ids` with one key.
pub(super) fn events(ids: impl IntoIterator<Item = u128>, key: &str) -> Vec<Event> {
    ids.into_iter().map(|id| event(id, key, 20)).collect()
}

/// Appends and expects an answer.
pub(super) async fn append(log: &dyn EventLog, events: Vec<Event>) -> Vec<Appended> {
    log.append(events).await.expect("a log that is not overloaded takes events")
}

/// The whole partition, read in portions.
pub(super) async fn read_all(log: &dyn EventLog, partition: PartitionId) -> Vec<Recorded> {
    let mut all = Vec::new();
    let mut next = Position(1);
    loop {
        let portion = log.read(partition, next, 100).await.expect("what is there can be read");
        let Some(last) = portion.last() else { return all };
        next = last.position.next();
        all.extend(portion);
    }
}

/// The ids of a partition, in order.
pub(super) async fn ids(log: &dyn EventLog, partition: PartitionId) -> Vec<u128> {
    read_all(log, partition).await.iter().map(id_of).collect()
}

/// The id of a recorded event.
pub(super) fn id_of(recorded: &Recorded) -> u128 {
    recorded.envelope().expect("what is recorded is an event").id.as_u128()
}

/// Every partition is gapless from 1, ends at its tail, holds only its own keys and no id twice. Returns how many
/// events there are.
pub(super) async fn assert_sound(log: &dyn EventLog) -> usize {
    let partitions = log.creation().partitions;
    let tails = log.tails().await.expect("tails are known");
    assert_eq!(tails.len(), usize::from(partitions));
    let mut seen = HashSet::new();
    for (partition, tail) in (0..partitions).map(PartitionId).zip(tails) {
        let recorded = read_all(log, partition).await;
        let positions: Vec<u64> = recorded.iter().map(|event| event.position.0).collect();
        assert_eq!(
            positions,
            (1..=tail.0).collect::<Vec<_>>(),
            "partition {partition} is gapless up to its tail"
        );
        for event in &recorded {
            let envelope = event.envelope().expect("what is recorded is an event");
            assert_eq!(envelope.partition(partitions), partition, "a key is in one partition only");
            assert!(seen.insert(envelope.id), "{} is there twice", envelope.id);
        }
    }
    seen.len()
}
