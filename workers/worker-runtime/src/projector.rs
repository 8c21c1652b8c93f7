//! The projector loop: claims partitions, reads from their checkpoints, folds, and commits rows with positions.
//!
//! A projector folds all its partitions in one commit, which is what makes one connection fast enough; each partition is
//! fenced by its own epoch, and a commit that finds one of them lost is rolled back as a whole. A process may run several,
//! each with an owner id of its own: they share partitions as projectors of different processes do.

mod batch;
mod commit;
mod ownership;
mod panic;
mod plan;
mod redrive;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{EventLog, LogError, Position, Recorded};
use event_model::PartitionId;
use read_store::{
    Progress, Store, Transaction, checkpoint,
    checkpoint::Checkpoint,
    lease::{Lease, Term},
    worker::Announcement,
};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::panic::outlived;
use crate::WorkError;

/// Wait after a failure that may pass.
const RETRY_DELAY: Duration = Duration::from_millis(200);

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
    announcement: Announcement,
    log: Arc<dyn EventLog>,
    store: Store,
    progress: Arc<Progress>,
    fold: Arc<F>,
    leases: BTreeMap<u16, Lease>,
    halted: BTreeMap<u16, String>,
    /// Partitions whose read failed, and when they are tried again.
    resting: BTreeMap<u16, Instant>,
    /// When the log is asked for its tails again after it could not tell them; until then all partitions are read.
    tails_due: Instant,
    /// When also those partitions are read that seem to have nothing new.
    check_due: Instant,
    upkeep_due: Instant,
    /// When leases are renewed in the middle of a step that takes long.
    breath_due: Instant,
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
        let announcement = Announcement::new(options.owner, options.subscription);
        let now = Instant::now();
        Self {
            options,
            announcement,
            log,
            store,
            progress,
            fold,
            leases: BTreeMap::new(),
            halted: BTreeMap::new(),
            resting: BTreeMap::new(),
            tails_due: now,
            check_due: now,
            upkeep_due: now,
            breath_due: now,
        }
    }

    /// Tells more of itself to the registry of workers: the host, and what else its process does.
    #[must_use]
    pub fn announced(mut self, mut announcement: Announcement) -> Self {
        announcement.owner = self.options.owner;
        if announcement.roles.iter().all(|role| role != self.options.subscription) {
            announcement.roles.push(self.options.subscription.to_owned());
        }
        self.announcement = announcement;
        self
    }

    /// Runs until `stop`, then gives its partitions back. Neither an error nor a panic ends it.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let seen = self.log.version();
            match outlived(self.step()).await {
                Ok(Ok(0)) => {
                    tokio::select! {
                        () = self.log.changed(seen) => {}
                        () = sleep_until(self.upkeep_due) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the projector could not go on; it tries again");
                    stop.run_until_cancelled(sleep(RETRY_DELAY)).await;
                }
                Err(last_words) => {
                    tracing::error!(%last_words, "the projector panicked; it claims its partitions anew");
                    self.leases.clear();
                    self.upkeep_due = Instant::now();
                    stop.run_until_cancelled(sleep(RETRY_DELAY)).await;
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

    /// One round: upkeep when it is due, then one batch. Returns the number of events taken, 0 when there were none. What a
    /// loop other than [`Self::run`] is made of: a step may be dropped at any await, as a crash would end it, and a
    /// projector of another owner goes on.
    pub async fn step(&mut self) -> Result<usize, WorkError> {
        if Instant::now() >= self.upkeep_due {
            self.upkeep().await?;
            self.upkeep_due = Instant::now() + self.between_upkeeps();
        }
        let batch = self.gather(self.options.batch_events_max).await?;
        let taken = batch.len();
        if taken > 0 {
            self.fold_batch(batch).await?;
        }
        Ok(taken)
    }

    /// Stops a partition and tells people why; the others go on.
    async fn halt(&mut self, partition: u16, reason: String) -> Result<(), WorkError> {
        let Some(epoch) = self.leases.get(&partition).map(|lease| lease.epoch) else { return Ok(()) };
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let ours = checkpoint::halt(&client, self.options.subscription, partition, epoch, &reason).await?;
        drop(client);
        if !ours {
            tracing::warn!(partition, %reason, "a partition could not go on, and another owns it by now");
            self.leases.remove(&partition);
            self.upkeep_due = Instant::now();
            return Ok(());
        }
        tracing::error!(partition, %reason, "a partition is halted; `elite doctor` says what to do");
        metrics::gauge!("elite_subscription_halted", "partition" => partition.to_string()).set(1.0);
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
