//! Folding the log into the scratch tables, partition by partition, in short transactions.

use std::collections::{BTreeMap, HashSet};

use event_log::{EventLog, Position, Recorded};
use event_model::PartitionId;
use read_store::{Store, StoreError, bulk::COPY_ROWS_MIN, checkpoint};
use uuid::Uuid;

use super::{
    OnProgress, Progress,
    scratch::Scratch,
    skipped::{self, Parked, RecentIds},
};
use crate::{FoldError, Projected, Projections, RebuildError, SUBSCRIPTION};

/// Events folded in one transaction: enough for rows to be copied rather than inserted.
const BATCH: usize = COPY_ROWS_MIN;
/// The same where each event may bring a parsed document into memory.
const BATCH_WITH_DOCUMENTS: usize = 250;
/// Events made ready for the last transaction, over all partitions, and at least in each.
const AHEAD_MAX: usize = 2_000;
const AHEAD_MIN: usize = 16;

/// One partition, as far as it is replayed.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    pub(super) position: u64,
    pub(super) recent: RecentIds,
    pub(super) dropped: HashSet<Uuid>,
}

/// An event beyond what is replayed, made ready before it is known whether it will be needed.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) position: u64,
    /// None if the event repeats another or is itself not needed.
    pub(super) event: Option<Result<Projected, FoldError>>,
}

/// A replay under way.
pub(super) struct Replay<'a> {
    pub(super) store: &'a Store,
    pub(super) log: &'a dyn EventLog,
    pub(super) projections: &'a Projections,
    pub(super) scratch: &'a Scratch,
    pub(super) partitions: BTreeMap<u16, Replayed>,
    pub(super) parked: Parked,
    pub(super) events_replayed: u64,
    pub(super) events_skipped: u64,
    on_progress: OnProgress<'a>,
}

impl<'a> Replay<'a> {
    pub(super) async fn begin(
        store: &'a Store,
        log: &'a dyn EventLog,
        projections: &'a Projections,
        scratch: &'a Scratch,
        on_progress: OnProgress<'a>,
    ) -> Result<Self, RebuildError> {
        let partitions = checkpoints(store).await?.into_keys().map(|id| (id, Replayed::default())).collect();
        let parked = skipped::parked(&store.client().await?).await?;
        Ok(Self {
            store,
            log,
            projections,
            scratch,
            partitions,
            parked,
            events_replayed: 0,
            events_skipped: 0,
            on_progress,
        })
    }

    /// Replays every partition up to where the live tables are now.
    pub(super) async fn catch_up(&mut self) -> Result<(), RebuildError> {
        let (target, parked) = self.live_state().await?;
        // What is parked beyond what is replayed may have changed since; what is parked before must not.
        self.check_parked(&parked)?;
        self.parked = parked;
        let total = target.values().sum();
        for (partition, to) in target {
            self.replay_partition(partition, to, total).await?;
        }
        Ok(())
    }

    /// The live checkpoints, and what is parked up to them.
    async fn live_state(&self) -> Result<(BTreeMap<u16, u64>, Parked), StoreError> {
        loop {
            let before = skipped::parked(&self.store.client().await?).await?;
            let target = checkpoints(self.store).await?;
            // An event that was dropped between the two would be in neither, and its drop beyond the checkpoints.
            if skipped::parked(&self.store.client().await?).await? == before {
                return Ok((target, before));
            }
        }
    }

    /// Refuses to go on when events that were left out were redriven or dropped meanwhile.
    pub(super) fn check_parked(&self, now: &Parked) -> Result<(), RebuildError> {
        let replayed = |(place, _): &(&(u16, u64), &String)| {
            self.partitions.get(&place.0).is_some_and(|partition| place.1 <= partition.position)
        };
        if self.parked.iter().filter(replayed).eq(now.iter().filter(replayed)) {
            Ok(())
        } else {
            Err(RebuildError::ParkedEventsChanged)
        }
    }

    async fn replay_partition(&mut self, partition: u16, to: u64, total: u64) -> Result<(), RebuildError> {
        let mut replayed = self.partitions.remove(&partition).unwrap_or_default();
        replayed.dropped.extend(skipped::dropped(self.log, partition, replayed.position + 1, to).await?);
        let batch = if self.projections.needs_documents() { BATCH_WITH_DOCUMENTS } else { BATCH };
        while replayed.position < to {
            let wanted = usize::try_from(to - replayed.position).unwrap_or(batch).min(batch);
            let from = Position(replayed.position + 1);
            let events = self.log.read(PartitionId(partition), from, wanted).await?;
            let Some(last) = events.last().map(|event| event.position.0) else {
                return Err(RebuildError::LogTooShort { partition, folded: to, read: replayed.position });
            };
            self.fold(partition, &mut replayed, events).await?;
            replayed.position = last;
            let events_done = self.events_replayed + self.events_skipped;
            (self.on_progress)(Progress { events_done, events_total: total });
        }
        self.partitions.insert(partition, replayed);
        Ok(())
    }

    async fn fold(
        &mut self,
        partition: u16,
        replayed: &mut Replayed,
        events: Vec<Recorded>,
    ) -> Result<(), RebuildError> {
        let window = self.log.creation().repeats.0;
        let read = events.len() as u64;
        let mut folded = Vec::with_capacity(events.len());
        for event in events {
            // What is no event at all is kept here: preparing it says why.
            let id = event.envelope().map(|envelope| envelope.id).unwrap_or_default();
            let position = event.position.0;
            let repeat = replayed.recent.repeats(id, position, window);
            if !repeat {
                replayed.recent.remember(id, position, window);
            }
            let left_out = self.parked.contains_key(&(partition, position)) || replayed.dropped.contains(&id);
            if !repeat && !left_out {
                folded.push(event);
            }
        }
        let prepared = self.projections.prepare(&folded).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.write(&prepared).await?;
        self.events_replayed += prepared.len() as u64;
        self.events_skipped += read - prepared.len() as u64;
        Ok(())
    }

    async fn write(&self, events: &[Projected]) -> Result<(), StoreError> {
        let mut client = self.store.client().await?;
        let tx = client.transaction().await?;
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, events).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes ready what the projector may have folded by the time the checkpoints are locked.
    pub(super) async fn look_ahead(&self) -> Result<BTreeMap<u16, Vec<Ahead>>, RebuildError> {
        let limit = (AHEAD_MAX / self.partitions.len().max(1)).max(AHEAD_MIN);
        let mut ahead = BTreeMap::new();
        for (partition, replayed) in &self.partitions {
            let from = Position(replayed.position + 1);
            let events = self.log.read(PartitionId(*partition), from, limit).await?;
            ahead.insert(*partition, self.prepare_ahead(replayed, &events).await);
        }
        Ok(ahead)
    }

    async fn prepare_ahead(&self, replayed: &Replayed, events: &[Recorded]) -> Vec<Ahead> {
        let window = self.log.creation().repeats.0;
        let dropped: HashSet<Uuid> = events.iter().filter_map(skipped::dropped_by).collect();
        let prepared = self.projections.prepare(events).await;
        let mut seen = HashSet::new();
        let ahead = |(recorded, prepared): (&Recorded, Result<Projected, FoldError>)| {
            let (id, position) =
                (recorded.envelope().map(|event| event.id).unwrap_or_default(), recorded.position.0);
            let repeat = replayed.recent.repeats(id, position, window) || !seen.insert(id);
            let needed = !repeat && !dropped.contains(&id);
            Ahead { position, event: needed.then_some(prepared) }
        };
        events.iter().zip(prepared).map(ahead).collect()
    }
}

async fn checkpoints(store: &Store) -> Result<BTreeMap<u16, u64>, StoreError> {
    let rows = checkpoint::read(&store.client().await?, SUBSCRIPTION).await?;
    Ok(rows.into_iter().map(|(partition, _, at)| (partition, at.position)).collect())
}
