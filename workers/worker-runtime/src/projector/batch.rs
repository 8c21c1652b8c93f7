//! Gathering the next events of all owned partitions, each read starting at the checkpoint itself.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use event_log::{LogError, Position, Recorded};
use event_model::{BlobRef, PartitionId};
use futures::{StreamExt, stream};
use read_store::checkpoint::{Advance, Checkpoint};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Fold, Projector};
use crate::{Decision, WorkError};

/// Longest key that is kept as it is; PostgreSQL's indexes refuse entries of 2.7 kB.
const KEY_BYTES_MAX: usize = 512;
/// How many partitions are read at a time.
const READS_MAX: usize = 16;
/// How often a partition is read whose end is where its checkpoint is: a log that lost its tail and got as many new events ends
/// there, too.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// How long a partition that could not be read is left alone, so that a shard that is down does not slow the others.
const REST: Duration = Duration::from_secs(1);

/// An event with what the protocol needs to know of it.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub(super) record: Recorded,
    pub(super) event_id: Uuid,
    pub(super) event_type: String,
    pub(super) tenant: String,
    pub(super) datasubject: Option<String>,
    /// What it is ordered, blocked and parked by: tenant and partition key.
    pub(super) key: String,
}

/// Contiguous events of several partitions, each partition's in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<Next>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The first half and the second.
    pub(super) fn halved(mut self) -> (Self, Self) {
        let second = self.events.split_off(self.events.len() / 2);
        (self, Self { events: second })
    }
}

/// Why `found` is not the event of `checkpoint`.
pub(super) fn differs(checkpoint: Checkpoint, found: Option<&Recorded>) -> Option<String> {
    let Some(found) = found else {
        return Some(format!(
            "the log no longer holds position {}, which is already folded",
            checkpoint.position
        ));
    };
    let id = found.envelope().ok().map(|event| event.id);
    (id != checkpoint.event_id).then(|| {
        let (is, was) =
            (id.map_or("unreadable".into(), |id| id.to_string()), checkpoint.event_id.unwrap_or_default());
        format!("position {} of the log is event {is}, but event {was} was folded there", checkpoint.position)
    })
}

/// What was read of one partition, up to what cannot be read on.
struct Gathered {
    partition: u16,
    events: Vec<Next>,
    error: Option<WorkError>,
}

impl<F: Fold> Projector<F> {
    /// The next events, at most about `limit`, fairly from all partitions that have any. One that cannot be read does not
    /// keep the others; only when there is nothing else, its error is the answer.
    pub(super) async fn gather(&mut self, limit: usize) -> Result<Batch, WorkError> {
        let (waiting, mut problem) = self.waiting().await;
        let share = limit.div_ceil(waiting.len().max(1));
        let chosen = waiting.into_iter().take(limit.max(1));
        let reads = stream::iter(chosen.map(|partition| self.gather_partition(partition, share)));
        let read: Vec<Gathered> = self.breathing(reads.buffered(READS_MAX).collect()).await;
        let mut batch = Batch::default();
        for Gathered { partition, events, error } in read {
            batch.events.extend(events);
            match error {
                Some(error) if error.decision == Decision::Halt => self.halt(partition, error.reason).await?,
                Some(error) => {
                    tracing::warn!(partition, %error, "a partition could not be read; it is tried again");
                    self.resting.insert(partition, Instant::now() + REST);
                    problem = Some(error);
                }
                None => {}
            }
        }
        match problem {
            Some(error) if batch.events.is_empty() => Err(error),
            _ => Ok(batch),
        }
    }

    /// The owned partitions that may have events to fold; all of them, if the log does not tell its tails.
    async fn waiting(&mut self) -> (Vec<u16>, Option<WorkError>) {
        let now = Instant::now();
        self.resting.retain(|_, until| *until > now);
        let (tails, problem) = if self.tails_due > now {
            (None, None)
        } else {
            match self.breathing(self.log.tails()).await {
                Ok(tails) => (Some(tails), None),
                Err(error) => {
                    self.tails_due = Instant::now() + REST;
                    (None, Some(WorkError::from(error)))
                }
            }
        };
        let check_all = self.check_due <= now;
        if check_all {
            self.check_due = now + CHECK_EVERY;
        }
        let moved = |partition: u16, at: u64| {
            let Some(tails) = tails.as_ref().filter(|_| !check_all) else { return true };
            tails.get(usize::from(partition)).copied().unwrap_or_default().0 != at
        };
        let ready =
            |partition| !self.halted.contains_key(&partition) && !self.resting.contains_key(&partition);
        let leases = self.leases.values();
        let waiting = leases
            .filter(|lease| ready(lease.partition) && moved(lease.partition, lease.checkpoint.position))
            .map(|lease| lease.partition);
        (waiting.collect(), problem)
    }

    async fn gather_partition(&self, partition: u16, share: usize) -> Gathered {
        let mut events = Vec::new();
        let error = self.read_on(partition, share, &mut events).await.err();
        Gathered { partition, events, error }
    }

    async fn read_on(&self, partition: u16, share: usize, events: &mut Vec<Next>) -> Result<(), WorkError> {
        let Some(lease) = self.leases.get(&partition) else { return Ok(()) };
        let from = Position(lease.checkpoint.position.max(1));
        let found = match self.log.read(PartitionId(partition), from, share + 1).await {
            Ok(found) => found,
            Err(error @ LogError::Missing { .. }) => return Err(WorkError::halt(error)),
            Err(error) => return Err(error.into()),
        };
        let mut found = found.into_iter();
        if lease.checkpoint.position > 0
            && let Some(reason) = differs(lease.checkpoint, found.next().as_ref())
        {
            return Err(WorkError::halt(reason));
        }
        let mut at = lease.checkpoint.position;
        for record in found.take(share) {
            if record.position.0 != at + 1 {
                return Err(WorkError::halt(format!("the log has a gap after position {at}")));
            }
            at = record.position.0;
            events.push(Next::read(record)?);
        }
        Ok(())
    }

    /// The checkpoints that `batch` leads to, each under the fence of its partition.
    pub(super) fn steps(&self, batch: &Batch) -> Result<Vec<Advance>, WorkError> {
        let mut steps: BTreeMap<u16, Advance> = BTreeMap::new();
        for next in &batch.events {
            let partition = next.record.partition.0;
            let step = match steps.entry(partition) {
                Entry::Occupied(step) => step.into_mut(),
                Entry::Vacant(first) => {
                    let lease = self.leases.get(&partition);
                    let lease = lease
                        .ok_or_else(|| WorkError::retry(format!("partition {partition} is not ours")))?;
                    let (epoch, at) = (lease.epoch, lease.checkpoint);
                    first.insert(Advance { partition, epoch, from: at, to: at })
                }
            };
            step.to = next.after(step.to);
        }
        Ok(steps.into_values().collect())
    }
}

impl Next {
    pub(super) fn read(record: Recorded) -> Result<Self, WorkError> {
        let at = format!("partition {} position {}", record.partition, record.position);
        let event =
            record.envelope().map_err(|error| WorkError::halt(format!("{at} is not an event: {error}")))?;
        let (event_id, event_type) = (event.id, event.event_type.to_string());
        let datasubject = event.datasubject.as_deref().map(str::to_owned);
        let (tenant, key) = (event.tenant.0.clone(), format!("{}/{}", event.tenant, &*event.partitionkey));
        Ok(Self { event_id, event_type, tenant, datasubject, key: storable_key(key), record })
    }

    /// The checkpoint after this event.
    fn after(&self, from: Checkpoint) -> Checkpoint {
        from.passing(self.record.partition.0, self.record.position.0, self.event_id)
    }
}

/// A key that PostgreSQL can hold and index: one with a NUL or of great length is known by its digest.
fn storable_key(key: String) -> String {
    if key.len() <= KEY_BYTES_MAX && !key.contains('\0') {
        key
    } else {
        BlobRef::of(key.as_bytes()).to_string()
    }
}
