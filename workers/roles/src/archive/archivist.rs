//! Copying one partition from the log to the archive, and noticing when the two do not agree. Knows no leases and no database, so
//! that a command can do it beside the role.

use std::sync::Arc;

use event_archive::{Archive, ArchiveError, Chain, SEGMENT_EVENTS_BYTES};
use event_log::{EventLog, LogError, Position, Recorded};
use event_model::PartitionId;
use worker_runtime::WorkError;

/// Events asked of the log at once.
const READ_EVENTS: usize = 1_000;

/// Copies from a log to its archive. Clones share what they know of the archive.
#[derive(Clone)]
pub struct Archivist {
    log: Arc<dyn EventLog>,
    archive: Archive,
}

/// What came of archiving a portion.
#[derive(Clone, Debug)]
pub struct Portion {
    /// The chain as it is now.
    pub chain: Arc<Chain>,
    /// Whether its last link is ours: then all links before it are on the disk, too, whoever wrote them.
    pub own: bool,
}

/// What an error of the archive asks for.
pub(super) fn decided(error: ArchiveError) -> WorkError {
    if error.is_transient() { WorkError::retry(error) } else { WorkError::halt(error) }
}

impl Archivist {
    /// Copies from `log`, which answers from itself alone and not from the archive.
    pub fn new(log: Arc<dyn EventLog>, archive: Archive) -> Self {
        Self { log, archive }
    }

    /// The log.
    pub fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log)
    }

    /// The archive.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The chain of `partition` as it is now.
    pub async fn chain(&self, partition: PartitionId) -> Result<Arc<Chain>, WorkError> {
        self.archive.chain(partition).await.map_err(decided)
    }

    /// Archives everything that `partition` holds when this begins, however little it is; returns the chain.
    pub async fn archive_all(&self, partition: PartitionId) -> Result<Arc<Chain>, WorkError> {
        self.archive.begin().await.map_err(decided)?;
        let tails = self.log.tails().await?;
        let tail = tails.get(usize::from(partition.0)).copied().ok_or(LogError::NoPartition(partition))?;
        loop {
            let portion = self.archive_portion(partition).await?;
            if portion.chain.last() >= tail {
                return Ok(portion.chain);
            }
        }
    }

    /// Archives the next events of `partition`, at most about a segment. The log must hold the last archived event, and says [`worker_runtime::Decision::Halt`] when it does not.
    pub async fn archive_portion(&self, partition: PartitionId) -> Result<Portion, WorkError> {
        let mut chain = self.chain(partition).await?;
        loop {
            let appended = match self.portion(&chain).await {
                Ok(events) if events.is_empty() => return Ok(Portion { chain, own: false }),
                Ok(events) => self.archive.append(partition, &chain, &events).await.map_err(Problem::Archive),
                Err(problem) => Err(problem),
            };
            let problem = match appended {
                Ok(chain) => return Ok(Portion { chain, own: true }),
                Err(problem) => problem,
            };
            // Whoever archived meanwhile may have trimmed, too: what looks like a loss is none then.
            let now = self.chain(partition).await?;
            if now.links() == chain.links() {
                return Err(problem.decided(&chain));
            }
            chain = now;
        }
    }

    /// What follows `chain` in the log. Reading starts at the last archived event itself.
    async fn portion(&self, chain: &Chain) -> Result<Vec<Recorded>, Problem> {
        let (partition, last) = (chain.partition(), chain.last());
        let (mut events, witnessed) = match self.log.read(partition, last.max(Position(1)), READ_EVENTS).await
        {
            Ok(events) => (events, last > Position::START),
            // All that is gone is in the archive.
            Err(LogError::Trimmed { first, .. }) if first == last.next() => {
                (self.log.read(partition, first, READ_EVENTS).await?, false)
            }
            Err(error) => return Err(error.into()),
        };
        if witnessed {
            if events.is_empty() {
                let tail = Position(last.0 - 1);
                return Err(LogError::Missing { partition, position: last, tail }.into());
            }
            check(chain, &events.remove(0))?;
        }
        let mut full = full_at(&events);
        while let Some(next) = events.last().map(|last| last.position.next()).filter(|_| full.is_none()) {
            let more = self.log.read(partition, next, READ_EVENTS).await?;
            if more.is_empty() {
                break;
            }
            events.extend(more);
            full = full_at(&events);
        }
        // What is left over is no segment yet.
        events.truncate(full.unwrap_or(events.len()));
        Ok(events)
    }
}

/// How many of `events` fill a segment, if they do.
fn full_at(events: &[Recorded]) -> Option<usize> {
    let mut bytes = 0;
    let last = events.iter().position(|event| {
        bytes += event.json.len();
        bytes >= SEGMENT_EVENTS_BYTES
    });
    last.map(|last| last + 1)
}

/// Why a portion was not archived.
enum Problem {
    Log(LogError),
    Archive(ArchiveError),
    /// The log holds something else than the archive does.
    Differs(String),
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// The log's event at the end of the chain must be the one that is archived.
fn check(chain: &Chain, found: &Recorded) -> Result<(), Problem> {
    let id = found.envelope().ok().map(|event| event.id);
    if id == chain.last_id() {
        return Ok(());
    }
    let (is, was) =
        (id.map_or("unreadable".to_owned(), |id| id.to_string()), chain.last_id().unwrap_or_default());
    Err(Problem::Differs(format!(
        "position {} of the log is event {is}, but event {was} was archived",
        found.position
    )))
}

impl Problem {
    /// What to do about it, as long as the archive ends where `chain` does.
    fn decided(self, chain: &Chain) -> WorkError {
        let end = chain.last();
        let lost = |what: String| {
            WorkError::halt(format!(
                "the log lost its end: {what}; `elite archive heal` puts back what is archived"
            ))
        };
        match self {
            Self::Archive(error) => decided(error),
            Self::Differs(what) => lost(what),
            Self::Log(LogError::Missing { tail, .. }) => {
                lost(format!("it ends at {tail}, and everything up to {end} was archived"))
            }
            Self::Log(LogError::Trimmed { first, .. }) => WorkError::halt(format!(
                "the log begins at {first} and the archive ends at {end}: what was between is in neither, so somebody else trimmed \
                 the log; `elite archive heal` says what can be had back"
            )),
            Self::Log(error) => error.into(),
        }
    }
}
