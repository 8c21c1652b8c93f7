//! Role `archive`: copies what is new in the log to its archive, and then lets the log go of what is old. Which segment may hold
//! what, and that of two archivers only one adds it, is `event-archive`'s; leases only keep work from being done twice.

mod archivist;
mod audit;
mod ownership;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use event_archive::{Chain, SEGMENT_EVENTS_BYTES};
use event_log::{Clock, EventLog, Position};
use event_model::PartitionId;
use read_store::{
    Store, StoreError, checkpoint,
    checkpoint::{Advance, Checkpoint},
    lease::{Lease, Term},
    worker::Announcement,
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_runtime::{Decision, WorkError, outlived};

pub use self::archivist::{Archivist, Portion};

/// The subscription whose rows say how far each partition is archived.
pub const ARCHIVE_SUBSCRIPTION: &str = "archive";
/// How often the log is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often what was folded is held against the log.
const AUDIT_EVERY: Duration = Duration::from_secs(10);

/// How a partition's archive is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// How old the oldest event may become that is not archived yet.
    pub archive_after: Duration,
    /// How many events of each partition the log keeps, at least. The last archived one is kept in any case: by it the next look
    /// finds out whether the log lost its end.
    pub keep_events: u64,
}

/// How the role runs.
#[derive(Clone, Debug)]
pub struct ArchiveOptions {
    /// What is archived when, and what is kept.
    pub retention: Retention,
    /// Who it is, for leases.
    pub owner: Uuid,
    /// How long its leases hold.
    pub term: Term,
    /// What it tells the registry of workers of itself.
    pub announcement: Announcement,
}

/// Archives the partitions that it holds.
pub struct Archiving {
    options: ArchiveOptions,
    archivist: Archivist,
    log: Arc<dyn EventLog>,
    store: Store,
    clock: Arc<dyn Clock>,
    leases: BTreeMap<u16, Lease>,
    halted: BTreeMap<u16, String>,
    /// What is known of each partition that is held.
    known: BTreeMap<u16, Known>,
    upkeep_due: Instant,
    audited: audit::Audited,
    audit_due: Instant,
    /// Whether the log's record is in the archive.
    begun: bool,
}

/// What is known of a partition.
struct Known {
    chain: Arc<Chain>,
    /// When the oldest event that is not archived is old enough; none if there is none.
    due: Option<Instant>,
    /// Where the log ended when it was looked at last.
    seen: Position,
    /// About how many bytes wait to be archived, up to `seen`: at each look what is new is taken to be like the newest event.
    waiting_bytes: u64,
}

/// An event that waits to be archived.
struct Waiting {
    /// How long.
    waited: Duration,
    /// How large it is.
    bytes: u64,
}

impl Known {
    fn new(chain: Arc<Chain>) -> Self {
        Self { seen: chain.last(), chain, due: None, waiting_bytes: 0 }
    }
}

impl Archiving {
    /// Archives `log`, which answers from itself alone and not from the archive.
    pub fn new(
        mut options: ArchiveOptions,
        archivist: Archivist,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Self {
        options.announcement.owner = options.owner;
        options.announcement.roles = vec![ARCHIVE_SUBSCRIPTION.to_owned()];
        Self {
            options,
            log: archivist.log(),
            archivist,
            store,
            clock,
            leases: BTreeMap::new(),
            halted: BTreeMap::new(),
            known: BTreeMap::new(),
            upkeep_due: Instant::now(),
            audited: audit::Audited::new(),
            audit_due: Instant::now() + AUDIT_EVERY,
            begun: false,
        }
    }

    /// Runs until `stop`, then gives its partitions back.
    pub async fn run(mut self, stop: CancellationToken) {
        let pause = LOOK_EVERY.min(self.options.retention.archive_after / 4).max(Duration::from_millis(50));
        while !stop.is_cancelled() {
            match stop.run_until_cancelled(outlived(self.round())).await {
                Some(Ok(Err(error))) => {
                    tracing::warn!(%error, "the archive could not be brought up to date; it is tried again");
                }
                Some(Err(last_words)) => {
                    tracing::error!(%last_words, "archiving panicked; it claims its partitions anew");
                    self.leases.clear();
                    self.known.clear();
                    self.upkeep_due = Instant::now();
                }
                Some(Ok(Ok(()))) | None => {}
            }
            stop.run_until_cancelled(sleep(pause)).await;
        }
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "partitions could not be given back; their leases run out by themselves");
        }
    }

    /// Looks at every partition that it holds once. May be dropped at any await: what is half done is found undone.
    pub async fn round(&mut self) -> Result<(), WorkError> {
        self.keep_up().await?;
        if !self.begun {
            self.archivist.archive().begin().await.map_err(archivist::decided)?;
            self.begun = true;
        }
        let tails = self.log.tails().await?;
        for (partition, tail) in (0..).zip(tails) {
            let Err(error) = self.look(partition, tail).await else { continue };
            match error.decision {
                Decision::Halt => self.halt(partition, error.reason).await?,
                Decision::Retry | Decision::DeadLetter => {
                    tracing::warn!(partition, %error, "a partition could not be archived; it is tried again");
                }
            }
        }
        if Instant::now() >= self.audit_due {
            self.audit().await?;
            self.audit_due = Instant::now() + AUDIT_EVERY;
        }
        Ok(())
    }

    /// Brings one partition up to date, if it is ours and it is time.
    async fn look(&mut self, partition: u16, tail: Position) -> Result<(), WorkError> {
        if self.halted.contains_key(&partition) || !self.leases.contains_key(&partition) {
            self.known.remove(&partition);
            return Ok(());
        }
        if !self.known.contains_key(&partition) {
            let chain = self.archivist.chain(PartitionId(partition)).await?;
            self.known.insert(partition, Known::new(chain));
            self.archived(partition).await?;
        }
        while self.is_time(partition, tail).await {
            let Portion { chain, own } = self.archivist.archive_portion(PartitionId(partition)).await?;
            let Some(known) = self.known.get_mut(&partition) else { break };
            let before = std::mem::replace(known, Known::new(Arc::clone(&chain))).chain;
            if !self.archived(partition).await? || !own {
                break;
            }
            tell_growth(partition, &before, &chain);
            self.trim(partition, tail, chain.last()).await?;
            self.keep_up().await?;
        }
        Ok(())
    }

    /// Whether something is to be archived now: a segment is full, the oldest event is old, or the log has lost its end.
    async fn is_time(&mut self, partition: u16, tail: Position) -> bool {
        let Some(known) = self.known.get(&partition) else { return false };
        let (last, seen, due) = (known.chain.last(), known.seen, known.due);
        if tail <= last {
            return tail < last;
        }
        // Where the log does not give an event that it should have, archiving finds out what is wrong, and says it.
        let due = match due {
            Some(due) => due,
            None => match self.event(partition, last.next()).await {
                Some(oldest) => {
                    Instant::now() + self.options.retention.archive_after.saturating_sub(oldest.waited)
                }
                None => return true,
            },
        };
        let new_bytes = match tail.0.saturating_sub(seen.0) {
            0 => 0,
            new => match self.event(partition, tail).await {
                Some(newest) => newest.bytes.saturating_mul(new),
                None => return true,
            },
        };
        let Some(known) = self.known.get_mut(&partition) else { return false };
        known.due = Some(due);
        known.seen = seen.max(tail);
        known.waiting_bytes = known.waiting_bytes.saturating_add(new_bytes);
        known.waiting_bytes >= SEGMENT_EVENTS_BYTES as u64 || due <= Instant::now()
    }

    /// The event at `position`; none if the log does not give it.
    async fn event(&self, partition: u16, position: Position) -> Option<Waiting> {
        let found = self.log.read(PartitionId(partition), position, 1).await.ok()?;
        let event = found.first()?;
        let since = event.envelope().ok().map(|event| event.recordedtime);
        let waited = since.map(|since| self.clock.now().duration_since(since));
        let waited = waited.and_then(|waited| waited.try_into().ok()).unwrap_or_default();
        Some(Waiting { waited, bytes: event.json.len() as u64 })
    }

    /// Lets the log go of what is archived and not to be kept. Only after a link of our own: writing it has put all links before
    /// it on the disk, whoever wrote them.
    async fn trim(&self, partition: u16, tail: Position, archived: Position) -> Result<(), WorkError> {
        let keep_from = (tail.0 + 1).saturating_sub(self.options.retention.keep_events);
        let first = Position(keep_from.min(archived.0));
        let id = PartitionId(partition);
        let firsts = self.log.firsts().await?;
        let before = firsts.get(usize::from(partition)).copied().unwrap_or_default();
        if first <= before {
            return Ok(());
        }
        let now = self.log.trim(id, first).await?;
        metrics::counter!("elite_archive_trimmed_events_total").increment(now.0.saturating_sub(before.0));
        Ok(())
    }

    /// Moves the partition's row to where its chain ends; false if another owns it by now.
    async fn archived(&mut self, partition: u16) -> Result<bool, WorkError> {
        let Some(chain) = self.known.get(&partition).map(|known| Arc::clone(&known.chain)) else {
            return Ok(false);
        };
        let Some(lease) = self.leases.get_mut(&partition) else { return Ok(false) };
        let digest = (chain.last() > Position::START).then(|| chain.digest());
        let to = Checkpoint { position: chain.last().0, event_id: chain.last_id(), digest };
        metrics::gauge!("elite_archive_last_position", "partition" => partition.to_string())
            .set(as_f64(chain.last().0));
        if lease.checkpoint == to {
            return Ok(true);
        }
        let step = Advance { partition, epoch: lease.epoch, from: lease.checkpoint, to };
        let mut client = self.store.client().await.map_err(WorkError::retry)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let ours = !checkpoint::advance(&tx, ARCHIVE_SUBSCRIPTION, &[step]).await?.is_empty();
        tx.commit().await.map_err(StoreError::from)?;
        if ours {
            lease.checkpoint = to;
        } else {
            self.leases.remove(&partition);
            self.upkeep_due = Instant::now();
        }
        Ok(ours)
    }

    /// Stops archiving a partition and tells people why; the others go on.
    async fn halt(&mut self, partition: u16, reason: String) -> Result<(), WorkError> {
        let Some(epoch) = self.leases.get(&partition).map(|lease| lease.epoch) else { return Ok(()) };
        let client = self.store.client().await.map_err(WorkError::retry)?;
        if checkpoint::halt(&client, ARCHIVE_SUBSCRIPTION, partition, epoch, &reason).await? {
            tracing::error!(partition, %reason, "archiving of a partition is halted");
            metrics::gauge!("elite_archive_halted", "partition" => partition.to_string()).set(1.0);
            self.halted.insert(partition, reason);
        } else {
            self.leases.remove(&partition);
        }
        Ok(())
    }
}

fn tell_growth(partition: u16, before: &Chain, now: &Chain) {
    let segments = now.segments_total().saturating_sub(before.segments_total());
    let size_bytes = now.size_bytes().saturating_sub(before.size_bytes());
    metrics::counter!("elite_archive_segments_total").increment(segments);
    metrics::counter!("elite_archive_bytes_total").increment(size_bytes);
    tracing::debug!(partition, last = now.last().0, segments, size_bytes, "events are archived");
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people; positions stay far below 2^52")]
fn as_f64(position: u64) -> f64 {
    position as f64
}
