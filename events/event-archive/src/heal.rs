//! Healing a log that lost its end: what the archive still has of it is appended again, each event under its own id, and the
//! archive notes which positions belong to other events now. Rows that were folded from lost events are the caller's affair.
//!
//! Every step may be repeated, so a crash between any two of them is mended by healing again: events that are in the log again
//! are repeats, and only when all of them are there does the archive let go of their old places.

use event_log::{EventLog, LogError, Outcome, Position, Recorded};
use event_model::{Event, PartitionId};

use crate::{Archive, ArchiveError, Chain};

/// Events compared or appended at a time.
const PORTION: usize = 1_000;

/// What healing a partition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Healed {
    /// The partition.
    pub partition: PartitionId,
    /// The last position at which log and archive held the same event.
    pub agreed: Position,
    /// Archived events that the log did not have any more; appended again, unless it was only looked.
    pub brought_back: u64,
    /// Whether the archive notes that positions after [`Self::agreed`] are those of other events now.
    pub forked: bool,
    /// Where the log ends.
    pub tail: Position,
}

impl Archive {
    /// What [`Self::heal`] would find; nothing is changed.
    pub async fn look_for_loss(
        &self,
        live: &dyn EventLog,
        partition: PartitionId,
    ) -> Result<Healed, ArchiveError> {
        let chain = self.chain(partition).await?;
        let agreed = self.agreed(live, &chain).await?;
        let tail = tail(live, partition).await?;
        let brought_back = chain.last().0 - agreed.0;
        Ok(Healed { partition, agreed, brought_back, forked: brought_back > 0 && tail > agreed, tail })
    }

    /// Heals one partition of `live`, and lets those append again who know of the lost end. A partition that lost nothing stays
    /// as it is.
    pub async fn heal(&self, live: &dyn EventLog, partition: PartitionId) -> Result<Healed, ArchiveError> {
        let chain = self.chain(partition).await?;
        let agreed = self.agreed(live, &chain).await?;
        let brought_back = self.bring_back(live, &chain, agreed).await?;
        let now_agreed = if agreed < chain.last() { self.agreed(live, &chain).await? } else { agreed };
        let forked = now_agreed < chain.last();
        if forked {
            let reason = format!("the log lost what was after {now_agreed}; healed");
            self.fork(partition, &chain, now_agreed, &reason).await?;
        }
        let tail = tail(live, partition).await?;
        live.accept_loss(partition, tail).await?;
        Ok(Healed { partition, agreed, brought_back, forked, tail })
    }

    /// The last position at which log and archive hold the same event.
    ///
    /// Looked for from the first one on: an event that its producer sent again may have its old position in a log that differs
    /// before it.
    async fn agreed(&self, live: &dyn EventLog, chain: &Chain) -> Result<Position, ArchiveError> {
        let partition = chain.partition();
        let first = at(&live.firsts().await?, partition)?;
        let end = tail(live, partition).await?.min(chain.last());
        // What was trimmed was in the archive.
        let mut agreed = Position(first.0.saturating_sub(1)).min(end);
        while agreed < end {
            let ours = self.read_in(chain, agreed.next(), PORTION).await?;
            let theirs = live.read(partition, agreed.next(), ours.len()).await?;
            if ours.is_empty() || theirs.is_empty() {
                break;
            }
            let same = |(ours, theirs): &(&Recorded, &Recorded)| id_of(ours).ok() == id_of(theirs).ok();
            let pairs = ours.iter().zip(&theirs).filter(|(ours, _)| ours.position <= end);
            let compared = pairs.clone().count();
            let equal = pairs.take_while(same).count();
            agreed = Position(agreed.0 + equal as u64);
            if equal < compared {
                break;
            }
        }
        Ok(agreed)
    }

    /// Appends what the archive holds after `agreed`; returns how many events the log had not.
    async fn bring_back(
        &self,
        live: &dyn EventLog,
        chain: &Chain,
        agreed: Position,
    ) -> Result<u64, ArchiveError> {
        let (mut done, mut added) = (agreed, 0);
        while done < chain.last() {
            let portion = self.read_in(chain, done.next(), PORTION).await?;
            let Some(last) = portion.last().map(|event| event.position) else { break };
            let events = portion.iter().map(event_of).collect::<Result<Vec<_>, _>>()?;
            let answers = live.append(events).await?;
            added += answers.iter().filter(|answer| answer.outcome == Outcome::Added).count() as u64;
            done = last;
        }
        Ok(added)
    }
}

async fn tail(live: &dyn EventLog, partition: PartitionId) -> Result<Position, ArchiveError> {
    at(&live.tails().await?, partition)
}

fn at(positions: &[Position], partition: PartitionId) -> Result<Position, ArchiveError> {
    let found = positions.get(usize::from(partition.0)).copied();
    found.ok_or(ArchiveError::Log(LogError::NoPartition(partition)))
}

fn event_of(recorded: &Recorded) -> Result<Event, ArchiveError> {
    let envelope = recorded.envelope().map_err(|error| {
        LogError::Damaged(format!("position {} of the archive is no event: {error}", recorded.position))
    })?;
    Ok(envelope.into_owned())
}

fn id_of(recorded: &Recorded) -> Result<uuid::Uuid, serde_json::Error> {
    recorded.envelope().map(|event| event.id)
}
