//! Role `project`: folds every event into the read models and the to-do lists.

use std::collections::BTreeSet;

use async_trait::async_trait;
use event_log::Recorded;
use event_model::Fact;
use read_models::{Projected, Projections, SUBSCRIPTION, events_about};
use read_store::{
    Transaction,
    erasure::{self, Subject},
    todo,
    todo::Change,
};
use uuid::Uuid;
use worker_runtime::{Fold, Wakes, WorkError};

use crate::catalogue::todo_changes;

/// What the projector folds: read models and to-do lists, in one commit.
pub struct ProjectFold {
    projections: Projections,
    wakes: Wakes,
}

/// An event with what it does to the to-do lists.
pub struct Folded {
    projected: Projected,
    todo: Vec<Change>,
}

impl ProjectFold {
    /// Folds into `projections`, and rings the bells of the roles that get work.
    pub fn new(projections: Projections, wakes: Wakes) -> Self {
        Self { projections, wakes }
    }
}

/// What the to-do lists, the parked events and the kept answers hold of a person goes with the rest.
async fn forget_work(tx: &Transaction<'_>, projected: &Projected) -> Result<(), WorkError> {
    let Some(Fact::SubjectErased(_)) = projected.fact.as_deref() else { return Ok(()) };
    let (tenant, subject) = (projected.event.tenant.0.clone(), projected.event.subject.to_string());
    let events = events_about(tx, &tenant, &subject).await?;
    erasure::forget(tx, &Subject { tenant, subject }, &events, SUBSCRIPTION).await?;
    Ok(())
}

fn folded(projected: Projected) -> Folded {
    let readable = projected.fact.is_some();
    let todo = todo_changes(&projected.event, projected.partition.0, projected.position.0, readable);
    Folded { projected, todo }
}

#[async_trait]
impl Fold for ProjectFold {
    type Prepared = Folded;

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Folded, WorkError>> {
        let prepared = self.projections.prepare(events).await.into_iter();
        prepared
            .map(|event| match event {
                Ok(projected) => Ok(folded(projected)),
                Err(error) if error.is_transient() => Err(WorkError::retry(error)),
                Err(error) => Err(WorkError::dead_letter(error.reason())),
            })
            .collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, events: &[Folded]) -> Result<(), WorkError> {
        for written in self.projections.apply(tx, events.iter().map(|event| &event.projected)).await? {
            metrics::counter!("elite_projection_rows_written_total", "projection" => written.projection)
                .increment(written.rows);
        }
        let changes: Vec<Change> = events.iter().flat_map(|event| event.todo.iter().cloned()).collect();
        todo::apply(tx, &changes).await?;
        for event in events {
            forget_work(tx, &event.projected).await?;
        }
        Ok(())
    }

    fn drops(&self, event: &Folded) -> Option<(String, Uuid)> {
        match event.projected.fact.as_deref() {
            Some(Fact::EventDropped(dropped)) => Some((dropped.subscription.clone(), dropped.event)),
            _ => None,
        }
    }

    fn committed(&self, events: &[Folded]) {
        // A finished task makes room for the next of its key, so it rings as well.
        let roles: BTreeSet<&str> =
            events.iter().flat_map(|event| event.todo.iter().map(Change::role)).collect();
        for role in roles {
            self.wakes.ring(role);
        }
    }
}
