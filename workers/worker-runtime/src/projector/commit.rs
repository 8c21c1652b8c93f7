//! One commit: checkpoints under their fences, recent ids, folded rows, parked events. All of it or nothing.

use read_store::{StoreError, Transaction, checkpoint, checkpoint::Advance, dead_letter, recent_event};
use tokio::time::Instant;

use super::{Fold, Projector, batch::Batch, panic, plan::Plan};
use crate::{Decision, WorkError};

/// How often an event is tried alone that may fail for another reason than itself, until it is parked.
const TRIES_MAX: u32 = 3;

impl<F: Fold> Projector<F> {
    /// Folds `batch`. If it fails as a whole, its halves are folded, and so on, until only the bad events are parked.
    pub(super) async fn fold_batch(&mut self, batch: Batch) -> Result<(), WorkError> {
        let (mut parts, mut tries) = (vec![batch], 0);
        while let Some(part) = parts.pop() {
            self.breathe().await;
            let Err(error) = self.fold_part(&part).await else {
                tries = 0;
                continue;
            };
            match error.decision {
                Decision::Retry if !error.bounded => return Err(error),
                _ if part.len() > 1 => {
                    tracing::warn!(%error, events = part.len(), "a batch failed as a whole; its halves are folded");
                    let (first, second) = part.halved();
                    parts.extend([second, first]);
                }
                Decision::Retry if tries + 1 < TRIES_MAX => {
                    tries += 1;
                    parts.push(part);
                }
                Decision::Retry | Decision::DeadLetter => {
                    self.park(&part, &error.reason, tries + 1).await?;
                    tries = 0;
                }
                Decision::Halt => {
                    let Some(partition) = part.events.first().map(|next| next.record.partition) else {
                        continue;
                    };
                    self.halt(partition.0, error.reason).await?;
                    for part in &mut parts {
                        part.events.retain(|next| next.record.partition != partition);
                    }
                    parts.retain(|part| part.len() > 0);
                }
            }
        }
        Ok(())
    }

    async fn fold_part(&mut self, part: &Batch) -> Result<(), WorkError> {
        let plan = self.plan(part).await?;
        self.commit(part, &plan).await
    }

    async fn park(&mut self, part: &Batch, reason: &str, attempts: u32) -> Result<(), WorkError> {
        for next in &part.events {
            tracing::error!(event = %next.event_id, key = %next.key, %reason, "an event is parked and its key blocked");
        }
        let mut plan = Plan::parked(part, self.options.subscription, reason);
        plan.park.iter_mut().for_each(|letter| letter.attempts = attempts);
        self.commit(part, &plan).await
    }

    async fn commit(&mut self, batch: &Batch, plan: &Plan<F::Prepared>) -> Result<(), WorkError> {
        let subscription = self.options.subscription;
        if plan.len() != batch.len() {
            // The digest would say that they were folded.
            let (decided, events) = (plan.len(), batch.len());
            return Err(WorkError::halt(format!(
                "of {events} events only {decided} are folded, parked or repeats"
            )));
        }
        let steps = self.steps(batch)?;
        let mut client = self.store.client().await.map_err(WorkError::retry)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let moved = checkpoint::advance(&tx, subscription, &steps).await?;
        if moved.len() != steps.len() {
            tx.rollback().await.map_err(StoreError::from)?;
            let lost = |partition| {
                steps.iter().any(|step| step.partition == partition && !moved.contains(&partition))
            };
            self.leases.retain(|partition, _| !lost(*partition));
            self.upkeep_due = Instant::now();
            return Err(WorkError::retry(
                "another process owns a partition of this batch now; its lease is dropped",
            ));
        }
        self.write(&tx, plan).await?;
        if let Err(error) = tx.commit().await.map_err(StoreError::from) {
            drop(client);
            self.resolve(&steps, error).await?;
        }
        self.after_commit(batch, &steps, plan);
        Ok(())
    }

    async fn write(&self, tx: &Transaction<'_>, plan: &Plan<F::Prepared>) -> Result<(), WorkError> {
        if !self.log.refuses_repeats() {
            recent_event::remember(tx, &plan.seen, self.log.creation().repeats.0).await?;
        }
        if !plan.apply.is_empty() {
            panic::caught(self.fold.apply(tx, &plan.apply)).await??;
        }
        dead_letter::park(tx, &plan.park).await?;
        for dropped in &plan.discard {
            let own = self.options.subscription;
            dead_letter::discard(tx, own, &dropped.subscription, dropped.event, &dropped.key).await?;
        }
        Ok(())
    }

    /// A connection lost during COMMIT says nothing about the commit; the checkpoints do. If the server is still about to
    /// commit what reads as not committed, the next try waits for it, finds the step taken, and claims anew.
    async fn resolve(&mut self, steps: &[Advance], error: StoreError) -> Result<(), WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let rows = checkpoint::read(&client, self.options.subscription).await.map_err(WorkError::retry)?;
        let went_through = steps.iter().all(|step| {
            rows.iter().any(|(partition, epoch, at)| {
                (*partition, *epoch, *at) == (step.partition, step.epoch, step.to)
            })
        });
        if went_through { Ok(()) } else { Err(error.into()) }
    }

    fn after_commit(&mut self, batch: &Batch, steps: &[Advance], plan: &Plan<F::Prepared>) {
        for step in steps {
            if let Some(lease) = self.leases.get_mut(&step.partition) {
                lease.checkpoint = step.to;
            }
        }
        self.progress.report(steps.iter().map(|step| (step.partition, step.to.position)));
        self.fold.committed(&plan.apply);
        let (ok, parked) = (plan.apply.len() as u64, plan.park.len() as u64);
        let repeats = plan.repeats as u64;
        for (outcome, events) in [("ok", ok), ("dead_lettered", parked), ("duplicate", repeats)] {
            metrics::counter!("elite_worker_events_processed_total", "role" => "project", "outcome" => outcome)
                .increment(events);
        }
        metrics::histogram!("elite_worker_batch_events", "role" => "project").record(as_f64(batch.len()));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a batch has a few thousand events")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
