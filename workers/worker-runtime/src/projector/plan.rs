//! What becomes of each event of a batch, decided before its transaction: fold it, park it, or pass it by. The last is for
//! repeats, which only a log that does not refuse them has.

use std::collections::{HashMap, HashSet};

use event_log::Recorded;
use read_store::{
    dead_letter,
    dead_letter::DeadLetter,
    recent_event::{self, Seen},
};
use uuid::Uuid;

use super::{
    Fold, Projector,
    batch::{Batch, Next},
    panic,
};
use crate::{Decision, WorkError};

/// What becomes of a batch.
pub(super) struct Plan<P> {
    pub(super) apply: Vec<P>,
    pub(super) park: Vec<DeadLetter>,
    pub(super) discard: Vec<Discard>,
    /// Every event that is not a repeat, if the log leaves repeats to its readers. A repeat does not count as a place of its
    /// id, so it cannot prolong the window.
    pub(super) seen: Vec<Seen>,
    /// Events passed by because they repeat others.
    pub(super) repeats: usize,
}

/// A parked event that is let go for ever.
pub(super) struct Discard {
    pub(super) subscription: String,
    pub(super) event: Uuid,
    pub(super) key: String,
}

impl<P> Plan<P> {
    /// Parks all of `batch`.
    pub(super) fn parked(batch: &Batch, subscription: &str, reason: &str) -> Self {
        let park = batch.events.iter().map(|next| next.letter(subscription, reason)).collect();
        Self {
            apply: Vec::new(),
            park,
            discard: Vec::new(),
            seen: batch.events.iter().map(Next::seen).collect(),
            repeats: 0,
        }
    }

    /// How many events it decides.
    pub(super) fn len(&self) -> usize {
        self.apply.len() + self.park.len() + self.repeats
    }
}

impl<F: Fold> Projector<F> {
    pub(super) async fn plan(&self, batch: &Batch) -> Result<Plan<F::Prepared>, WorkError> {
        let subscription = self.options.subscription;
        let (window, watches) = (self.log.creation().repeats.0, !self.log.refuses_repeats());
        let keys: Vec<&str> = batch.events.iter().map(|next| next.key.as_str()).collect();
        let (repeats, mut blocked) = {
            let client = self.store.client().await.map_err(WorkError::retry)?;
            let seen = || batch.events.iter().map(Next::seen).collect::<Vec<Seen>>();
            let repeats =
                if watches { recent_event::repeats(&client, &seen(), window).await? } else { HashSet::new() };
            (repeats, dead_letter::blocked_among(&client, subscription, &keys).await?)
        };
        let mut within = Within { window, places: HashMap::new() };
        let fresh: Vec<&Next> = batch
            .events
            .iter()
            .filter(|next| !watches || !repeats.contains(&next.place()) && !within.repeats(&next.seen()))
            .collect();
        let records: Vec<Recorded> = fresh.iter().map(|next| next.record.clone()).collect();
        let prepared = self.breathing(self.prepared(&records)).await?;
        let seen = if watches { fresh.iter().map(|next| next.seen()).collect() } else { Vec::new() };
        let (park, discard) = (Vec::new(), Vec::new());
        let repeats = batch.len() - fresh.len();
        let mut plan = Plan { apply: Vec::with_capacity(fresh.len()), park, discard, seen, repeats };
        for (next, prepared) in fresh.into_iter().zip(prepared) {
            let dropped = prepared.as_ref().ok().and_then(|prepared| self.fold.drops(prepared));
            match prepared {
                Ok(prepared) if let Some((subscription, event)) = dropped => {
                    plan.discard.push(Discard { subscription, event, key: next.key.clone() });
                    plan.apply.push(prepared);
                }
                _ if blocked.contains(&next.key) => {
                    plan.park.push(next.letter(subscription, "waits behind a parked event"));
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

    /// What the fold makes of `records`, one answer for each: with one too few, an event would be passed by unseen.
    pub(super) async fn prepared(
        &self,
        records: &[Recorded],
    ) -> Result<Vec<Result<F::Prepared, WorkError>>, WorkError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let prepared = panic::caught(self.fold.prepare(records)).await?;
        if prepared.len() != records.len() {
            let (answers, events) = (prepared.len(), records.len());
            return Err(WorkError::halt(format!("the fold gave {answers} answers for {events} events")));
        }
        Ok(prepared)
    }
}

/// Places of ids within one batch, which the table does not know yet.
struct Within {
    window: u64,
    places: HashMap<(u16, Uuid), u64>,
}

impl Within {
    /// Whether `event` repeats an earlier one of the batch; remembers it if not.
    fn repeats(&mut self, event: &Seen) -> bool {
        let place = self.places.entry((event.partition, event.event_id)).or_insert(event.position);
        let repeat = *place < event.position && event.position - *place <= self.window;
        if !repeat {
            *place = event.position;
        }
        repeat
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
            datasubject: self.datasubject.clone(),
        }
    }
}
