//! Events that the live tables do not hold although the log does: parked, dropped, or repeating an earlier one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use event_log::{EventLog, Position, Recorded};
use event_model::{Fact, PartitionId};
use read_store::{GenericClient, StoreError, dead_letter};
use uuid::Uuid;

use crate::{RebuildError, SUBSCRIPTION};

/// Events read at once while looking for drops.
const PORTION: usize = 2_000;

/// What is parked: place and key.
pub(super) type Parked = BTreeMap<(u16, u64), String>;

/// The events that the projector has parked.
pub(super) async fn parked(client: &impl GenericClient) -> Result<Parked, StoreError> {
    let letters = dead_letter::list(client).await?.into_iter();
    let ours = letters.filter(|letter| letter.subscription == SUBSCRIPTION);
    Ok(ours.map(|letter| ((letter.partition, letter.position), letter.key)).collect())
}

/// The event that this one drops, if it is a drop of an event that the projector had parked.
pub(super) fn dropped_by(recorded: &Recorded) -> Option<Uuid> {
    let needle = b"event.dropped";
    if !recorded.json.windows(needle.len()).any(|window| window == needle) {
        return None;
    }
    let event = recorded.envelope().ok()?;
    match Fact::decode(&event.event_type, &event.dataschema, &event.data).ok()? {
        Fact::EventDropped(data) if data.subscription == SUBSCRIPTION => Some(data.event),
        _ => None,
    }
}

/// Every event of a partition that is dropped by a later one, up to `to`.
pub(super) async fn dropped(
    log: &dyn EventLog,
    partition: u16,
    from: u64,
    to: u64,
) -> Result<HashSet<Uuid>, RebuildError> {
    let mut dropped = HashSet::new();
    let mut next = from;
    while next <= to {
        let wanted = usize::try_from(to - next + 1).unwrap_or(PORTION).min(PORTION);
        let events = log.read(PartitionId(partition), Position(next), wanted).await?;
        if events.is_empty() {
            break;
        }
        next += events.len() as u64;
        dropped.extend(events.iter().filter_map(dropped_by));
    }
    Ok(dropped)
}

/// Ids of the last positions of one partition.
#[derive(Debug, Default)]
pub(super) struct RecentIds {
    at: HashMap<Uuid, u64>,
    order: VecDeque<(u64, Uuid)>,
}

impl RecentIds {
    /// Whether `id` repeats one of the last `window` positions.
    pub(super) fn repeats(&self, id: Uuid, position: u64, window: u64) -> bool {
        self.at.get(&id).is_some_and(|seen| position - seen <= window)
    }

    /// Remembers an event, and forgets what is further back than `window`.
    pub(super) fn remember(&mut self, id: Uuid, position: u64, window: u64) {
        self.at.insert(id, position);
        self.order.push_back((position, id));
        while let Some((oldest, id)) =
            self.order.front().copied().filter(|(seen, _)| seen + window < position)
        {
            self.order.pop_front();
            if self.at.get(&id) == Some(&oldest) {
                self.at.remove(&id);
            }
        }
    }
}

/// The keys of parked events, each once.
pub(super) fn keys(parked: &Parked) -> Vec<String> {
    parked.values().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
