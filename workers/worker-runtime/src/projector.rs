//! The projector loop: claims partitions, reads from their checkpoints, folds, and commits rows with positions.
//!
//! One process folds all its partitions in one commit, which is what makes one connection fast enough; each partition is
//! fenced by its own epoch, and a commit that finds one of them lost is rolled back as a whole.

mod batch;
mod commit;
mod plan;
mod redrive;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{EventLog, LogError, Position, Recorded};
use event_model::PartitionId;
use read_store::{
    Progress, Store, StoreError, Transaction, checkpoint,
    checkpoint::Checkpoint,
    lease::{self, Lease, Term},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::WorkError;

/// Wait after a failure that may pass.
const RETRY_DELAY: Duration = Duration::from_millis(200);
/// How often leases are renewed and redrive requests looked for.
const UPKEEP: Duration = Duration::from_secs(1);

/// What a projector does with events.
#[async_trait]
pub trait Fold: Send + Sync + 'static {
    /// An event that is ready to be applied.
    type Prepared: Send + Sync;

    /// Everything that needs no transaction: decoding, opening seals, fetching blobs. One answer for each event, in order.
    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Self::Prepared, WorkError>>;

    /// Writes what follows from `events`. Events of one key are in log order; others may interleave.
    async fn apply(&self, tx: &Transaction<'_>, events: &[Self::Prepared]) -> Result<(), WorkError>;

    /// The parked event that this one lets go for ever, and the subscription or role that parked it. Such an event is folded
    /// even when its key is blocked.
    fn drops(&self, _: &Self::Prepared) -> Option<(String, Uuid)> {
        None
    }

    /// Called after a commit with what was applied; a hint, because a process that dies after its commit never calls it.
    fn committed(&self, events: &[Self::Prepared]);
}

/// How a projector runs.
#[derive(Clone, Debug)]
pub struct ProjectorOptions {
    /// The subscription whose checkpoints it moves.
    pub subscription: &'static str,
    /// Who it is, for leases.
    pub owner: Uuid,
    /// How long its leases hold.
    pub term: Term,
    /// Most events in one commit.
    pub batch_events_max: usize,
}

/// Folds a log into a store.
pub struct Projector<F> {
    options: ProjectorOptions,
    log: Arc<dyn EventLog>,
    store: Store,
    progress: Arc<Progress>,
    fold: Arc<F>,
    leases: BTreeMap<u16, Lease>,
    halted: BTreeMap<u16, String>,
    upkeep_due: Instant,
}

impl<F: Fold> Projector<F> {
    /// A projector that owns nothing yet.
    pub fn new(
        options: ProjectorOptions,
        log: Arc<dyn EventLog>,
        store: Store,
        progress: Arc<Progress>,
        fold: Arc<F>,
    ) -> Self {
        let (leases, halted) = (BTreeMap::new(), BTreeMap::new());
        Self { options, log, store, progress, fold, leases, halted, upkeep_due: Instant::now() }
    }

    /// Runs until `stop`, then gives its partitions back.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let seen = self.log.version();
            match self.step().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.log.changed(seen) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the projector could not go on; it tries again");
                    tokio::select! {
                        () = sleep(RETRY_DELAY) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "partitions could not be given back; their leases run out by themselves");
        }
    }

    /// Folds until nothing is left; for start-up, rebuilds and tests. Returns the number of events folded.
    pub async fn catch_up(&mut self) -> Result<usize, WorkError> {
        let mut folded = 0;
        loop {
            match self.step().await? {
                0 => return Ok(folded),
                events => folded += events,
            }
        }
    }

    /// One round: upkeep when it is due, then one batch. Returns the number of events taken, 0 when there were none.
    async fn step(&mut self) -> Result<usize, WorkError> {
        if Instant::now() >= self.upkeep_due {
            self.upkeep().await?;
            self.upkeep_due = Instant::now() + UPKEEP;
        }
        let batch = self.gather(self.options.batch_events_max).await?;
        let taken = batch.len();
        if taken > 0 {
            self.fold_batch(batch).await?;
        }
        Ok(taken)
    }

    async fn upkeep(&mut self) -> Result<(), WorkError> {
        let partitions = self.log.creation().partitions;
        let ProjectorOptions { subscription, owner, term, .. } = self.options;
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let all = usize::from(partitions);
        if self.leases.len() < all {
            lease::register(&client, subscription, partitions).await?;
            let known: Vec<u16> = self.leases.keys().copied().collect();
            lease::forget(&client, subscription, owner, &known).await?;
            let claimed = lease::claim(&client, subscription, owner, partitions, term).await?;
            self.leases.extend(claimed.into_iter().map(|lease| (lease.partition, lease)));
        }
        if matches!(term, Term::Expires(_)) {
            let held = lease::renew(&client, subscription, owner, term).await?;
            self.leases.retain(|partition, _| held.contains(partition));
        }
        // People pause and resume by writing it there.
        self.halted = checkpoint::halted(&client, subscription).await?.into_iter().collect();
        drop(client);
        metrics::gauge!("elite_worker_heartbeat_timestamp_seconds", "role" => "project").set(unix_seconds());
        self.redrive().await
    }

    async fn release(&self) -> Result<(), StoreError> {
        let client = self.store.client().await?;
        lease::release(&client, self.options.subscription, self.options.owner).await
    }

    /// Stops a partition and tells people why; the others go on.
    async fn halt(&mut self, partition: u16, reason: String) -> Result<(), WorkError> {
        tracing::error!(partition, %reason, "a partition is halted; `elite doctor` says what to do");
        metrics::gauge!("elite_subscription_halted", "partition" => partition.to_string()).set(1.0);
        let client = self.store.client().await.map_err(WorkError::retry)?;
        checkpoint::set_halted(&client, self.options.subscription, partition, Some(&reason)).await?;
        drop(client);
        self.halted.insert(partition, reason);
        Ok(())
    }
}

/// Why the log does not hold what a checkpoint says it does; none if it does.
pub async fn mismatch(
    log: &dyn EventLog,
    partition: u16,
    checkpoint: Checkpoint,
) -> Result<Option<String>, LogError> {
    if checkpoint.position == 0 {
        return Ok(None);
    }
    match log.read(PartitionId(partition), Position(checkpoint.position), 1).await {
        Ok(found) => Ok(batch::differs(checkpoint, found.first())),
        Err(error @ LogError::Missing { .. }) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

pub(crate) fn unix_seconds() -> f64 {
    use event_log::{Clock, SystemClock};
    SystemClock.now().as_duration().as_secs_f64()
}
