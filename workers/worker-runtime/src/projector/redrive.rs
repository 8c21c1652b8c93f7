//! Redriving: the owner of the partition folds parked events in order, under its fence, when somebody asked for it.

use event_log::Position;
use event_model::PartitionId;
use read_store::{StoreError, checkpoint, checkpoint::Advance, dead_letter, dead_letter::DeadLetter};

use super::{Fold, Projector};
use crate::{Decision, WorkError};

impl<F: Fold> Projector<F> {
    /// Tries every requested key of the partitions it owns.
    pub(super) async fn redrive(&mut self) -> Result<(), WorkError> {
        let requested = {
            let client = self.store.client().await.map_err(WorkError::retry)?;
            dead_letter::requested(&client, self.options.subscription).await?
        };
        for letters in requested.chunk_by(|left, right| left.key == right.key) {
            if letters.iter().all(|letter| self.leases.contains_key(&letter.partition)) {
                self.redrive_key(letters).await?;
            }
        }
        Ok(())
    }

    /// Folds the events of one key in one commit; the last of them unblocks the key. A key that still fails stays parked.
    async fn redrive_key(&mut self, letters: &[DeadLetter]) -> Result<(), WorkError> {
        let mut records = Vec::with_capacity(letters.len());
        for letter in letters {
            records.extend(self.log.read(PartitionId(letter.partition), Position(letter.position), 1).await?);
        }
        let prepared: Result<Vec<_>, _> = self.fold.prepare(&records).await.into_iter().collect();
        let outcome = match prepared {
            Ok(prepared) => self.commit_redrive(letters, &prepared).await.map(|()| prepared),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(prepared) => {
                tracing::info!(key = %letters[0].key, events = letters.len(), "parked events are folded");
                self.fold.committed(&prepared);
                Ok(())
            }
            Err(error) if error.decision == Decision::DeadLetter => {
                tracing::warn!(key = %letters[0].key, %error, "the redrive failed; the events stay parked");
                let client = self.store.client().await.map_err(WorkError::retry)?;
                Ok(dead_letter::refuse_redrive(
                    &client,
                    self.options.subscription,
                    &letters[0].key,
                    &error.reason,
                )
                .await?)
            }
            Err(error) => Err(error),
        }
    }

    async fn commit_redrive(
        &mut self,
        letters: &[DeadLetter],
        prepared: &[F::Prepared],
    ) -> Result<(), WorkError> {
        let subscription = self.options.subscription;
        let fences: Vec<Advance> =
            letters.iter().filter_map(|letter| self.fence(letter.partition)).take(1).collect();
        let mut client = self.store.client().await.map_err(WorkError::retry)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        if checkpoint::advance(&tx, subscription, &fences).await?.len() != fences.len() {
            return Err(WorkError::retry("another process owns the partition now"));
        }
        self.fold.apply(&tx, prepared).await?;
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
