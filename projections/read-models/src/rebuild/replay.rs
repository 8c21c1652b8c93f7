//! Folding the log into the tables of a schema, several partitions side by side, in short transactions.

use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicU64, Ordering},
};

use event_log::{EventLog, Position, Recorded};
use event_model::PartitionId;
use futures::{StreamExt, TryStreamExt, future::try_join, stream};
use read_store::{Store, StoreError, StoreKind, Transaction, checkpoint};
use uuid::Uuid;

use super::{
    OnProgress, Progress,
    batch::{Batch, Folding},
    kept,
    scratch::Scratch,
    skipped::{self, Parked, RecentIds},
};
use crate::{FoldError, Projected, Projections, RebuildError, SUBSCRIPTION};

/// Connections that write at the same time, one partition each.
const CONNECTIONS_MAX: usize = 4;
/// Events made ready for a comparison or the switch, over all partitions, and at least in each.
const AHEAD_MAX: usize = 2_000;
const AHEAD_MIN: usize = 16;
/// How often a batch is written again that the database asks to try again.
const WRITES_MAX: u32 = 5;

/// One partition, as far as it is replayed.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    pub(super) position: u64,
    pub(super) recent: RecentIds,
    pub(super) dropped: HashSet<Uuid>,
}

/// An event beyond what is replayed, made ready before it is known whether it will be needed.
#[derive(Debug)]
pub(super) struct AheadEvent {
    pub(super) id: Uuid,
    pub(super) position: u64,
    /// None if the event repeats another or is itself not needed.
    pub(super) event: Option<Result<Projected, FoldError>>,
}

/// What was made ready in each partition.
pub(super) type Ahead = BTreeMap<u16, Vec<AheadEvent>>;

/// Events so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    folded: AtomicU64,
    skipped: AtomicU64,
}

impl Counts {
    pub(super) fn add(&self, folded: u64, skipped: u64) {
        self.folded.fetch_add(folded, Ordering::Relaxed);
        self.skipped.fetch_add(skipped, Ordering::Relaxed);
    }

    /// Events folded, and events left out.
    pub(super) fn read(&self) -> (u64, u64) {
        (self.folded.load(Ordering::Relaxed), self.skipped.load(Ordering::Relaxed))
    }
}

/// A replay under way.
pub(super) struct Replay<'a> {
    pub(super) store: &'a Store,
    pub(super) log: &'a dyn EventLog,
    pub(super) projections: &'a Projections,
    pub(super) scratch: &'a Scratch,
    pub(super) partitions: BTreeMap<u16, Replayed>,
    pub(super) parked: Parked,
    pub(super) counts: Counts,
    /// Whether the positions are kept with the tables, which were not made for this replay.
    pub(super) keeps_positions: bool,
    pub(super) on_progress: OnProgress<'a>,
}

impl<'a> Replay<'a> {
    /// From nothing.
    pub(super) async fn begin(
        store: &'a Store,
        log: &'a dyn EventLog,
        projections: &'a Projections,
        scratch: &'a Scratch,
        on_progress: OnProgress<'a>,
    ) -> Result<Self, RebuildError> {
        let partitions =
            live_checkpoints(store).await?.into_keys().map(|id| (id, Replayed::default())).collect();
        let parked = skipped::parked(&store.client().await?).await?;
        let (counts, keeps_positions) = (Counts::default(), false);
        Ok(Self {
            store,
            log,
            projections,
            scratch,
            partitions,
            parked,
            counts,
            keeps_positions,
            on_progress,
        })
    }

    /// Replays every partition up to where the live tables are now.
    pub(super) async fn catch_up(&mut self) -> Result<(), RebuildError> {
        let (target, parked) = self.live_state().await?;
        // What is parked beyond what is replayed may have changed since; what is parked before must not.
        self.check_parked(&parked)?;
        self.parked = parked;
        self.replay_to(&target, &target).await
    }

    /// Replays every partition up to `target`, without the events that are dropped up to `live`.
    pub(super) async fn replay_to(
        &mut self,
        target: &BTreeMap<u16, u64>,
        live: &BTreeMap<u16, u64>,
    ) -> Result<(), RebuildError> {
        let (folded, left_out) = self.counts.read();
        let at: u64 = self.partitions.values().map(|one| one.position).sum();
        let begun = at.saturating_sub(folded + left_out);
        let total = target.values().sum::<u64>().saturating_sub(begun);
        let mut partitions = std::mem::take(&mut self.partitions);
        let tasks: Vec<_> = target
            .iter()
            .map(|(partition, to)| {
                let replayed = partitions.remove(partition).unwrap_or_default();
                let dropped_to = live.get(partition).copied().unwrap_or(*to);
                Folding { partition: *partition, to: *to, dropped_to, total, replayed }
            })
            .collect();
        let side_by_side = self.side_by_side();
        let folding: Vec<_> = tasks.into_iter().map(|task| self.replay_partition(task)).collect();
        let done: Vec<_> = stream::iter(folding).buffer_unordered(side_by_side).try_collect().await?;
        self.partitions = partitions;
        self.partitions.extend(done);
        Ok(())
    }

    fn side_by_side(&self) -> usize {
        if self.store.kind() == StoreKind::Embedded { 1 } else { CONNECTIONS_MAX }
    }

    /// Makes what readers need of tables that are full by now.
    pub(super) async fn complete_tables(&self) -> Result<(), StoreError> {
        match &self.scratch.later {
            Some(later) => {
                later.make(self.store, &self.scratch.schema, self.projections, self.side_by_side()).await
            }
            None => Ok(()),
        }
    }

    /// The live checkpoints, and what is parked up to them.
    pub(super) async fn live_state(&self) -> Result<(BTreeMap<u16, u64>, Parked), StoreError> {
        loop {
            let before = skipped::parked(&self.store.client().await?).await?;
            let target = live_checkpoints(self.store).await?;
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
        let places = |parked: &Parked| -> Vec<(u16, u64)> {
            parked.iter().filter(replayed).map(|(place, _)| *place).collect()
        };
        if places(&self.parked) == places(now) { Ok(()) } else { Err(RebuildError::ParkedEventsChanged) }
    }

    /// Writes one batch while the next is made ready.
    async fn replay_partition(&self, mut folding: Folding) -> Result<(u16, Replayed), RebuildError> {
        let (partition, from) = (folding.partition, folding.replayed.position + 1);
        folding
            .replayed
            .dropped
            .extend(skipped::dropped(self.log, partition, from, folding.dropped_to).await?);
        let mut ready = folding.next(self).await?;
        while let Some(batch) = ready {
            ready = try_join(self.fold(partition, &batch, folding.total), folding.next(self)).await?.1;
        }
        Ok((partition, folding.replayed))
    }

    async fn fold(&self, partition: u16, batch: &Batch, total: u64) -> Result<(), RebuildError> {
        for attempt in 1.. {
            match self.write(partition, batch).await {
                Ok(()) => break,
                // Such as two batches that wait for each other's fence around an erased person.
                Err(RebuildError::Store(error)) if error.is_transient() && attempt < WRITES_MAX => {
                    tracing::info!(%error, partition, "a batch of a replay is written again");
                }
                Err(error) => return Err(error),
            }
        }
        self.counts.add(batch.events.len() as u64, batch.skipped);
        let (folded, skipped) = self.counts.read();
        (self.on_progress)(Progress { events_done: folded + skipped, events_total: total });
        Ok(())
    }

    async fn write(&self, partition: u16, batch: &Batch) -> Result<(), RebuildError> {
        let mut client = self.store.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        // What a crash of the server takes away here is filled again; whatever is promoted is flushed with the switch.
        tx.batch_execute("set local synchronous_commit = off").await.map_err(StoreError::from)?;
        self.scratch.enter(&tx).await?;
        self.projections.apply(&tx, &batch.events).await?;
        if self.keeps_positions
            && !kept::advance(&tx, &self.scratch.schema, partition, batch.from, batch.to).await?
        {
            return Err(RebuildError::Held(self.scratch.schema.clone()));
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Notes with kept tables how far they are folded.
    pub(super) async fn note_positions(
        &self,
        tx: &Transaction<'_>,
        positions: &BTreeMap<u16, u64>,
    ) -> Result<(), RebuildError> {
        for (partition, to) in positions.iter().filter(|_| self.keeps_positions) {
            let from = self.partitions.get(partition).map_or(0, |one| one.position);
            if !kept::advance(tx, &self.scratch.schema, *partition, from, *to).await? {
                return Err(RebuildError::Held(self.scratch.schema.clone()));
            }
        }
        Ok(())
    }

    /// Makes ready what the projector may have folded by the time of the next snapshot or lock.
    pub(super) async fn look_ahead(&self) -> Result<Ahead, RebuildError> {
        let limit = (AHEAD_MAX / self.partitions.len().max(1)).max(AHEAD_MIN);
        let mut ahead = BTreeMap::new();
        for (partition, replayed) in &self.partitions {
            let from = Position(replayed.position + 1);
            let events = self.log.read(PartitionId(*partition), from, limit).await?;
            ahead.insert(*partition, self.prepare_ahead(replayed, &events).await);
        }
        Ok(ahead)
    }

    async fn prepare_ahead(&self, replayed: &Replayed, events: &[Recorded]) -> Vec<AheadEvent> {
        let window = self.log.creation().repeats.0;
        let dropped: HashSet<Uuid> = events.iter().filter_map(skipped::dropped_by).collect();
        let prepared = self.projections.prepare(events).await;
        let mut seen = HashSet::new();
        let ahead = |(recorded, prepared): (&Recorded, Result<Projected, FoldError>)| {
            let (id, position) =
                (recorded.envelope().map(|event| event.id).unwrap_or_default(), recorded.position.0);
            let repeat = replayed.recent.repeats(id, position, window) || !seen.insert(id);
            let needed = !repeat && !dropped.contains(&id);
            AheadEvent { id, position, event: needed.then_some(prepared) }
        };
        events.iter().zip(prepared).map(ahead).collect()
    }
}

async fn live_checkpoints(store: &Store) -> Result<BTreeMap<u16, u64>, StoreError> {
    let rows = checkpoint::read(&store.client().await?, SUBSCRIPTION).await?;
    Ok(rows.into_iter().map(|(partition, _, at)| (partition, at.position)).collect())
}
