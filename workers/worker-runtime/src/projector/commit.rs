//! One commit: checkpoints under their fences, recent ids, folded rows, parked events. All of it or nothing.

use std::collections::HashSet;

use event_log::Recorded;
use read_store::{
    StoreError, Transaction, checkpoint, dead_letter,
    dead_letter::DeadLetter,
    recent_event::{self, Seen},
};

use super::{Batch, Fold, Next, Projector};
use crate::{Decision, WorkError};

/// What becomes of a batch.
struct Plan<P> {
    apply: Vec<P>,
    park: Vec<DeadLetter>,
}

impl<F: Fold> Projector<F> {
    pub(super) async fn fold_batch(&mut self, batch: Batch) -> Result<(), WorkError> {
        let plan = self.plan(&batch).await?;
        let seen: Vec<Seen> = batch.events.iter().map(Next::seen).collect();
        match self.commit(&batch, &seen, &plan).await {
            Ok(()) => self.after_commit(&batch, &plan),
            Err(error) if error.decision == Decision::Retry => return Err(error),
            Err(error) if batch.len() > 1 => {
                tracing::warn!(%error, events = batch.len(), "a batch failed as a whole; its events are folded one by one");
                self.careful_events = batch.len();
            }
            Err(error) => {
                let park = batch
                    .events
                    .iter()
                    .map(|next| next.letter(self.options.subscription, &error.reason))
                    .collect();
                let plan = Plan { apply: Vec::new(), park };
                self.commit(&batch, &seen, &plan).await?;
                self.after_commit(&batch, &plan);
            }
        }
        Ok(())
    }

    /// Decides for each event: fold it, park it, or (a repeat) pass it by.
    async fn plan(&self, batch: &Batch) -> Result<Plan<F::Prepared>, WorkError> {
        let subscription = self.options.subscription;
        let seen: Vec<Seen> = batch.events.iter().map(Next::seen).collect();
        let keys: Vec<&str> = batch.events.iter().map(|next| next.key.as_str()).collect();
        let (repeats, mut blocked) = {
            let client = self.store.client().await.map_err(WorkError::retry)?;
            let window = self.log.creation().repeats.0;
            let repeats = recent_event::repeats(&client, &seen, window).await?;
            (repeats, dead_letter::blocked_among(&client, subscription, &keys).await?)
        };
        let mut ids = HashSet::new();
        let fresh: Vec<&Next> = batch
            .events
            .iter()
            .filter(|next| {
                !repeats.contains(&next.place()) && ids.insert((next.record.partition, next.event_id))
            })
            .collect();
        let records: Vec<Recorded> = fresh.iter().map(|next| next.record.clone()).collect();
        let prepared = self.fold.prepare(&records).await;
        let mut plan = Plan { apply: Vec::with_capacity(fresh.len()), park: Vec::new() };
        for (next, prepared) in fresh.into_iter().zip(prepared) {
            match prepared {
                _ if blocked.contains(&next.key) => {
                    plan.park.push(next.letter(subscription, "waits behind a parked event"))
                }
                Ok(prepared) => plan.apply.push(prepared),
                Err(error) if error.decision == Decision::DeadLetter => {
                    tracing::error!(event = %next.event_id, key = %next.key, %error, "an event is parked and its key blocked");
                    blocked.insert(next.key.clone());
                    plan.park.push(next.letter(subscription, &error.reason));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(plan)
    }

    async fn commit(
        &mut self,
        batch: &Batch,
        seen: &[Seen],
        plan: &Plan<F::Prepared>,
    ) -> Result<(), WorkError> {
        let subscription = self.options.subscription;
        let mut client = self.store.client().await.map_err(WorkError::retry)?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let moved = checkpoint::advance(&tx, subscription, &batch.steps).await?;
        if moved.len() != batch.steps.len() {
            tx.rollback().await.map_err(StoreError::from)?;
            self.leases.retain(|partition, _| moved.contains(partition) || !batch.has(*partition));
            return Err(WorkError::retry(
                "another process owns a partition of this batch now; its lease is dropped",
            ));
        }
        self.write(&tx, seen, plan).await?;
        if let Err(error) = tx.commit().await.map_err(StoreError::from) {
            drop(client);
            return self.resolve(batch, error).await;
        }
        Ok(())
    }

    async fn write(
        &self,
        tx: &Transaction<'_>,
        seen: &[Seen],
        plan: &Plan<F::Prepared>,
    ) -> Result<(), WorkError> {
        recent_event::remember(tx, seen, self.log.creation().repeats.0).await?;
        if !plan.apply.is_empty() {
            self.fold.apply(tx, &plan.apply).await?;
        }
        dead_letter::park(tx, &plan.park).await?;
        Ok(())
    }

    /// A connection lost during COMMIT says nothing about the commit; the checkpoints do.
    async fn resolve(&mut self, batch: &Batch, error: StoreError) -> Result<(), WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let rows = checkpoint::read(&client, self.options.subscription).await.map_err(WorkError::retry)?;
        let went_through = batch.steps.iter().all(|step| {
            rows.iter().any(|(partition, epoch, at)| {
                (*partition, *epoch, *at) == (step.partition, step.epoch, step.to)
            })
        });
        if went_through { Ok(()) } else { Err(WorkError::retry(error)) }
    }

    fn after_commit(&mut self, batch: &Batch, plan: &Plan<F::Prepared>) {
        for step in &batch.steps {
            if let Some(lease) = self.leases.get_mut(&step.partition) {
                lease.checkpoint = step.to;
            }
        }
        self.careful_events = self.careful_events.saturating_sub(batch.len());
        self.progress.report(batch.steps.iter().map(|step| (step.partition, step.to.position)));
        self.fold.committed(&plan.apply);
        let (ok, parked) = (plan.apply.len() as u64, plan.park.len() as u64);
        let duplicate = (batch.len() as u64).saturating_sub(ok + parked);
        for (outcome, events) in [("ok", ok), ("dead_lettered", parked), ("duplicate", duplicate)] {
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

impl Batch {
    fn has(&self, partition: u16) -> bool {
        self.steps.iter().any(|step| step.partition == partition)
    }
}

impl Next {
    fn place(&self) -> (u16, u64) {
        (self.record.partition.0, self.record.position.0)
    }

    fn seen(&self) -> Seen {
        let (partition, position) = self.place();
        Seen { partition, position, event_id: self.event_id }
    }

    fn letter(&self, subscription: &str, reason: &str) -> DeadLetter {
        let (partition, position) = self.place();
        DeadLetter {
            subscription: subscription.to_owned(),
            event_id: self.event_id,
            tenant: self.tenant.clone(),
            key: self.key.clone(),
            partition,
            position,
            event_type: self.event_type.clone(),
            reason: reason.to_owned(),
            attempts: 1,
        }
    }
}
