//! Redriving: the owner of the partition folds parked events in order, under its fence, when somebody asked for it.

use event_log::{Position, Recorded};
use event_model::PartitionId;
use read_store::{StoreError, checkpoint, checkpoint::Advance, dead_letter, dead_letter::DeadLetter};

use super::{Fold, Projector, panic};
use crate::{Decision, WorkError};

impl<F: Fold> Projector<F> {
    /// Tries every requested key of the partitions it owns.
    pub(super) async fn redrive(&mut self) -> Result<(), WorkError> {
        let requested = {
            let client = self.store.client().await.map_err(WorkError::retry)?;
            dead_letter::requested(&client, self.options.subscription).await?
        };
        let same_key = |left: &DeadLetter, right: &DeadLetter| {
            (&left.key, left.partition) == (&right.key, right.partition)
        };
        for letters in requested.chunk_by(same_key) {
            let partition = letters[0].partition;
            if self.leases.contains_key(&partition) && !self.halted.contains_key(&partition) {
                self.redrive_key(letters).await?;
            }
        }
        Ok(())
    }

    /// Folds the events of one key in one commit; the last of them unblocks the key. A key that still fails stays parked,
    /// and neither it nor one that cannot be tried now keeps the projector from its other work.
    async fn redrive_key(&mut self, letters: &[DeadLetter]) -> Result<(), WorkError> {
        let key = &letters[0].key;
        match self.try_redrive(letters).await {
            Ok(prepared) => {
                tracing::info!(%key, events = letters.len(), "parked events are folded");
                self.fold.committed(&prepared);
                Ok(())
            }
            Err(error) if error.decision == Decision::Retry && !error.bounded => {
                tracing::warn!(%key, %error, "the redrive could not be tried; it is tried again");
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%key, %error, "the redrive failed; the events stay parked");
                let client = self.store.client().await.map_err(WorkError::retry)?;
                let subscription = self.options.subscription;
                Ok(dead_letter::refuse_redrive(&client, subscription, key, &error.reason).await?)
            }
        }
    }

    async fn try_redrive(&mut self, letters: &[DeadLetter]) -> Result<Vec<F::Prepared>, WorkError> {
        let mut records = Vec::with_capacity(letters.len());
        for letter in letters {
            records.push(self.parked_event(letter).await?);
        }
        let prepared = self.prepared(&records).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.commit_redrive(letters, &prepared).await?;
        Ok(prepared)
    }

    /// The event of `letter`, and no other that took its place in a log that lost its tail.
    async fn parked_event(&self, letter: &DeadLetter) -> Result<Recorded, WorkError> {
        let found = self.log.read(PartitionId(letter.partition), Position(letter.position), 1).await?;
        let same = |record: &Recorded| record.envelope().is_ok_and(|event| event.id == letter.event_id);
        found.into_iter().next().filter(same).ok_or_else(|| {
            WorkError::halt(format!(
                "position {} of partition {} no longer holds event {}",
                letter.position, letter.partition, letter.event_id
            ))
        })
    }

    async fn commit_redrive(
        &mut self,
        letters: &[DeadLetter],
        prepared: &[F::Prepared],
    ) -> Result<(), WorkError> {
        let subscription = self.options.subscription;
        let partition = letters[0].partition;
        let fence = self.fence(partition).ok_or_else(|| WorkError::retry("the partition is not ours"))?;
        let mut client = self.store.client().await.map_err(WorkError::retry)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if checkpoint::advance(&tx, subscription, &[fence]).await?.is_empty() {
            self.leases.remove(&partition);
            return Err(WorkError::retry("another process owns the partition now; its lease is dropped"));
        }
        panic::caught(self.fold.apply(&tx, prepared)).await??;
        let events: Vec<_> = letters.iter().map(|letter| letter.event_id).collect();
        dead_letter::remove(&tx, subscription, &events).await?;
        // A commit that breaks off needs no resolving here: if it went through, the request is gone as well.
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// A step that stands still: it only proves that the partition is ours.
    fn fence(&self, partition: u16) -> Option<Advance> {
        let lease = self.leases.get(&partition)?;
        Some(Advance { partition, epoch: lease.epoch, from: lease.checkpoint, to: lease.checkpoint })
    }
}
