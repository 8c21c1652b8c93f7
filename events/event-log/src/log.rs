//! The log as a contract. What an implementation MUST and SHOULD do is written here and tested by `contract`.
//!
//! ```text
//!   partition 3      position   1       2       3       4       5
//!                             +-------+-------+-------+-------+- - - -
//!                             | event | event | event | event |
//!                             +-------+-------+-------+-------+- - - -
//!        before(1) = 0 -------^               ^       ^       ^
//!                                 checkpoint --+       |       next append gets 5
//!                           read(3, from 3) -----------+-> 3, 4   tail = 4
//! ```
//!
//! Positions
//! - MUST be gapless within a partition, from 1; position 0 means "nothing yet" and is never an event's.
//! - MUST never be given to another event, not even after a crash.
//!
//! Appending
//! - MUST be atomic per partition and call, keep the order of the given events, and answer only when the durability it
//!   names has been reached; a duplicate waits for the durability of the event it repeats.
//! - MUST refuse an id that the last [`Creation::repeats`] positions of its partition hold, by answering
//!   [`Outcome::Duplicate`] with the position of the first, and MUST accept an id that is older than that. A log that
//!   cannot do the former MUST say so by [`EventLog::refuses_repeats`]: its readers then pass repeats by.
//! - MUST answer [`LogError::Unavailable`] rather than wait without bound when it cannot keep up.
//! - After an error the caller does not know whether the events are in the log. It repeats them with the same ids.
//!
//! Reading
//! - MUST give every event of a partition from the asked position on, in order, without a gap.
//! - MUST answer [`LogError::Missing`] when the asked position is no longer, or not yet again, there; it never skips on. Readers
//!   begin at the event they read last, so whoever asks for more than one MUST hear of a gap right after the first, too.
//! - SHOULD see an event as soon as its append was answered.
//!
//! Trimming
//! - MUST let go of nothing that [`EventLog::trim`] was not asked to let go of, and MUST answer [`LogError::Trimmed`] for what it
//!   was: that is in an archive. Positions, tails and repeats stay as they were. A log may keep what it could let go of.
//! - A log whose end was lost MUST go on refusing appends of whoever knows of the lost end, until [`EventLog::accept_loss`].

use async_trait::async_trait;
use bytes::Bytes;
use event_model::{Envelope, Event, PartitionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Clock;

/// Place of an event in its partition; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The one after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How many positions back an event id is recognised as a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepeatWindow(pub u64);

impl Default for RepeatWindow {
    fn default() -> Self {
        Self(1_000_000)
    }
}

/// What a log is asked to be made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreationOptions {
    /// Number of partitions, at least 1.
    pub partitions: u16,
    /// Window in which ids are recognised. A log that exists keeps the one it was made with.
    pub repeats: RepeatWindow,
}

impl CreationOptions {
    /// The record of a log made now.
    pub fn create(self, clock: &dyn Clock) -> Result<Creation, LogError> {
        if self.partitions == 0 {
            return Err(LogError::Refused("a log cannot have 0 partitions; ask for 1 or more".into()));
        }
        let Self { partitions, repeats } = self;
        Ok(Creation { incarnation: clock.fresh_id(), partitions, repeats, created: clock.now() })
    }
}

/// What was fixed when the log was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// Identity of this log; another one never has it.
    pub incarnation: Uuid,
    /// Number of partitions.
    pub partitions: u16,
    /// Window in which ids are recognised.
    pub repeats: RepeatWindow,
    /// When it was made.
    pub created: Timestamp,
}

impl Creation {
    /// Refuses a log with another number of partitions than the one that is asked for: its keys would move.
    pub fn check(&self, wanted: CreationOptions) -> Result<(), LogError> {
        if self.partitions == wanted.partitions {
            return Ok(());
        }
        Err(LogError::Refused(format!(
            "the log was made with {} partitions and is opened with {}; ask for {0}, or make a new log",
            self.partitions, wanted.partitions
        )))
    }
}

/// What an answered append has survived to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// In memory only; a crash of the server loses it.
    Memory,
    /// On a disk.
    Fsync,
    /// On the disks of several machines.
    Replicated,
}

/// Whether an append added the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Added,
    /// Its id was there before; nothing was added.
    Duplicate,
}

/// The answer to one appended event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// The event's id.
    pub id: Uuid,
    /// Where it went.
    pub partition: PartitionId,
    /// Its position, or that of the event it repeats.
    pub position: Position,
    /// Whether it was added.
    pub outcome: Outcome,
    /// What it has survived to.
    pub durability: Durability,
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its partition.
    pub partition: PartitionId,
    /// Its position.
    pub position: Position,
    /// The structured JSON form.
    pub json: Bytes,
}

impl Recorded {
    /// The event, borrowing from `json`.
    pub fn envelope(&self) -> Result<Envelope<'_>, serde_json::Error> {
        Envelope::decode(&self.json)
    }
}

/// Why a log could not do it.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot take or give events now; try again.
    #[error("the log is not available: {0}")]
    Unavailable(String),
    /// The position is not in the log: truncated, failed over, or restored without its tail.
    #[error("partition {partition} has no position {position}; it ends at {tail}")]
    Missing {
        /// The partition.
        partition: PartitionId,
        /// What was asked for.
        position: Position,
        /// The last position there.
        tail: Position,
    },
    /// The position was trimmed, which only happens to what is in an archive.
    #[error("partition {partition} begins at {first}; position {position} is in the archive only")]
    Trimmed {
        /// The partition.
        partition: PartitionId,
        /// What was asked for.
        position: Position,
        /// The first position that is still there.
        first: Position,
    },
    /// No such partition.
    #[error("there is no partition {0}")]
    NoPartition(PartitionId),
    /// What is stored cannot be read.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// The log is not the one that was expected.
    #[error("{0}")]
    Refused(String),
}

/// A partitioned, append-only log.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// What was fixed when the log was made.
    fn creation(&self) -> &Creation;

    /// Whether appending refuses repeats, as the contract asks, so that no reader ever meets one.
    ///
    /// A log on a broker that cannot look an id up before it takes an event answers false. Its readers then keep the ids of
    /// the last [`Creation::repeats`] positions themselves and pass repeats by, at the price of one more row written with
    /// every event; nobody pays it for a log that holds to the contract.
    fn refuses_repeats(&self) -> bool {
        true
    }

    /// Appends events; the answers are in the order of `events`.
    async fn append(&self, events: Vec<Event>) -> Result<Vec<Appended>, LogError>;

    /// Up to `limit` events of `partition` from position `from` (at least 1) on; none when `from` is the next position.
    async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError>;

    /// The last position of each partition, in the order of partitions.
    async fn tails(&self) -> Result<Vec<Position>, LogError>;

    /// The first position that each partition still holds, in the order of partitions: 1 unless it was trimmed. That of a
    /// partition that was trimmed to its end is the next one.
    async fn firsts(&self) -> Result<Vec<Position>, LogError> {
        Ok(vec![Position(1); usize::from(self.creation().partitions)])
    }

    /// Lets go of everything before `first`, which must be in an archive that was verified; returns the first position that
    /// is still there. A log that keeps everything does nothing.
    async fn trim(&self, partition: PartitionId, _first: Position) -> Result<Position, LogError> {
        let firsts = self.firsts().await?;
        firsts.get(usize::from(partition.0)).copied().ok_or(LogError::NoPartition(partition))
    }

    /// Accepts that positions after `last` were lost and are now given to other events: those who know of the lost ones may
    /// append again. `last` must be the tail, or before it. For whoever heals a log, after what can be had back is appended.
    async fn accept_loss(&self, _partition: PartitionId, _last: Position) -> Result<(), LogError> {
        Ok(())
    }

    /// Returns when the log may hold an event that it did not hold when `seen` was read by [`EventLog::version`],
    /// at the latest after about a second.
    async fn changed(&self, seen: u64);

    /// A number that grows with every append; cheap.
    fn version(&self) -> u64;

    /// Shows where a subscription is to the log's own tools, such as `XINFO GROUPS` of Redis; position 0 is before the
    /// first event. Best effort, and nothing in Elite reads it back. A log without such tools does nothing.
    async fn mirror(
        &self,
        _subscription: &str,
        _positions: &[(PartitionId, Position)],
    ) -> Result<(), LogError> {
        Ok(())
    }
}
