//! One partition's events in batches, made ready to be folded.

use std::collections::VecDeque;

use event_log::{Position, Recorded};
use event_model::PartitionId;

use super::replay::{Replay, Replayed};
use crate::{Projected, RebuildError};

/// Most events folded in one transaction: enough for the rows of rarer types to be copied rather than inserted, too.
const EVENTS_MAX: usize = 10_000;
/// Events that are made ready together, each of which may bring a parsed document into memory.
const PORTION: usize = 250;
/// How many characters of documents one batch may hold.
const DOCUMENTS_CHARACTERS_MAX: usize = 16 * 1024 * 1024;

/// Events made ready, as far as they are folded.
pub(super) struct Batch {
    pub(super) events: Vec<Projected>,
    /// Events between them that are left out.
    pub(super) skipped: u64,
    /// Where the partition is before.
    pub(super) from: u64,
    /// Where it is after.
    pub(super) to: u64,
}

/// A partition on its way.
pub(super) struct Folding {
    pub(super) partition: u16,
    /// Where it shall be.
    pub(super) to: u64,
    /// Up to where drops count.
    pub(super) dropped_to: u64,
    /// Events of the whole replay.
    pub(super) total: u64,
    pub(super) replayed: Replayed,
}

impl Folding {
    /// The next batch; none at the end.
    pub(super) async fn next(&mut self, replay: &Replay<'_>) -> Result<Option<Batch>, RebuildError> {
        let from = self.replayed.position;
        if from >= self.to {
            return Ok(None);
        }
        let wanted = usize::try_from(self.to - from).unwrap_or(EVENTS_MAX).min(EVENTS_MAX);
        let mut read: VecDeque<Recorded> =
            replay.log.read(PartitionId(self.partition), Position(from + 1), wanted).await?.into();
        if read.is_empty() {
            return Err(RebuildError::LogTooShort { partition: self.partition, folded: self.to, read: from });
        }
        let mut batch = Batch { events: Vec::with_capacity(read.len()), skipped: 0, from, to: from };
        let mut characters = 0;
        while !read.is_empty() && characters < DOCUMENTS_CHARACTERS_MAX {
            let portion: Vec<Recorded> = read.drain(..read.len().min(PORTION)).collect();
            characters += self.take(replay, portion, &mut batch).await?;
        }
        self.replayed.position = batch.to;
        Ok(Some(batch))
    }

    /// Makes a portion ready; returns how many characters its documents have.
    async fn take(
        &mut self,
        replay: &Replay<'_>,
        portion: Vec<Recorded>,
        batch: &mut Batch,
    ) -> Result<usize, RebuildError> {
        let read = portion.len() as u64;
        batch.to = portion.last().map_or(batch.to, |event| event.position.0);
        let folded: Vec<Recorded> = portion.into_iter().filter(|event| self.counts(replay, event)).collect();
        batch.skipped += read - folded.len() as u64;
        let mut characters = 0;
        for prepared in replay.projections.prepare(&folded).await {
            let prepared = prepared?;
            characters += prepared.document.as_ref().map_or(0, |document| document.text.len());
            batch.events.push(prepared);
        }
        Ok(characters)
    }

    /// Whether an event is folded: not parked, not dropped, no repeat.
    fn counts(&mut self, replay: &Replay<'_>, event: &Recorded) -> bool {
        let window = replay.log.creation().repeats.0;
        // What is no event at all is kept: preparing it says why.
        let id = event.envelope().map(|envelope| envelope.id).unwrap_or_default();
        let position = event.position.0;
        if self.replayed.recent.repeats(id, position, window) {
            return false;
        }
        self.replayed.recent.remember(id, position, window);
        !replay.parked.contains_key(&(self.partition, position)) && !self.replayed.dropped.contains(&id)
    }
}
