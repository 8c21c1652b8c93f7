//! Examples from conversations: a question, its answer, and what people said about it.
//!
//! What is needed of interactions and feedback is kept in two tables of this projection; whenever one of them changes,
//! all examples of that interaction are made again. So withdrawn feedback takes away exactly what it caused.

mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use event_model::Fact;
use read_store::{StoreError, Transaction};
use serde_json::Value;
use uuid::Uuid;

use super::example::ExampleRow;
use crate::{
    keyed::{Keyed, Sets},
    projection::{OWNED, Projected},
    table::{self, table_row},
};

/// Interactions as far as examples follow from them.
pub(super) const INTERACTIONS: &str = "dataset_examples_interactions_v3";
/// Feedback as far as examples follow from it.
pub(super) const FEEDBACK: &str = "dataset_examples_feedback_v3";

table_row! {
    /// A question and its answer.
    struct InteractionState {
        interaction_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        prompt: String,
        answer: Option<String>,
        prompted_event: Uuid,
        answered_event: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

table_row! {
    /// A verdict. In the order of `given_position` an interaction's verdicts are counted, withdrawn ones too.
    struct FeedbackState {
        feedback_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        interaction_id: Uuid,
        verdict: Value,
        withdrawn: bool,
        given_event: Uuid,
        given_position: i64,
        partition: i32,
        position: i64,
    }
}

/// The event types that conversations' examples follow from.
pub(super) fn reads(event_type: &str) -> bool {
    matches!(
        event_type,
        "interaction.prompted" | "interaction.answered" | "feedback.given" | "feedback.withdrawn"
    )
}

/// Folds interaction and feedback events.
pub(super) async fn fold(
    tx: &Transaction<'_>,
    events: &[&Projected],
    examples: &mut Sets<ExampleRow>,
) -> Result<(), StoreError> {
    let mut state = State::load(tx, events).await?;
    let mut touched = BTreeSet::new();
    for event in events {
        touched.extend(state.take(event));
    }
    let mut verdicts: BTreeMap<Uuid, Vec<&FeedbackState>> = BTreeMap::new();
    for row in state.feedback.rows() {
        verdicts.entry(row.interaction_id).or_default().push(row);
    }
    for id in touched {
        let Some(interaction) = state.interactions.get(id) else { continue };
        let mut feedback = verdicts.remove(&id).unwrap_or_default();
        feedback.sort_by_key(|row| row.given_position);
        examples.replace(id, verdicts::examples(interaction, &feedback));
    }
    state.interactions.write(tx).await?;
    state.feedback.write(tx).await?;
    Ok(())
}

/// The interactions that a data subject judged.
pub(super) async fn judged_by(
    tx: &Transaction<'_>,
    tenant: &str,
    subject: &str,
) -> Result<Vec<Uuid>, StoreError> {
    let sql = format!("select distinct interaction_id from {FEEDBACK} where {OWNED}");
    Ok(tx.query(&sql, &[&tenant, &subject]).await?.iter().map(|row| row.get(0)).collect())
}

/// Makes the examples of some interactions from what is left of them, as if what is gone had never been there.
pub(super) async fn make_anew(
    tx: &Transaction<'_>,
    interactions: &[Uuid],
    examples: &mut Sets<ExampleRow>,
) -> Result<(), StoreError> {
    let rows = table::load::<InteractionState>(tx, INTERACTIONS, "interaction_id", interactions).await?;
    let mut left: BTreeMap<Uuid, Vec<FeedbackState>> = BTreeMap::new();
    for row in table::load::<FeedbackState>(tx, FEEDBACK, "interaction_id", interactions).await? {
        left.entry(row.interaction_id).or_default().push(row);
    }
    for feedback in left.values_mut() {
        feedback.sort_by_key(|row| row.given_position);
    }
    for interaction in &rows {
        let feedback: Vec<&FeedbackState> =
            left.get(&interaction.interaction_id).into_iter().flatten().collect();
        examples.replace(interaction.interaction_id, verdicts::examples(interaction, &feedback));
    }
    Ok(())
}

struct State {
    interactions: Keyed<InteractionState>,
    feedback: Keyed<FeedbackState>,
}

impl State {
    /// Loads every interaction that the events may touch, and all feedback on them.
    async fn load(tx: &Transaction<'_>, events: &[&Projected]) -> Result<Self, StoreError> {
        let named: Vec<Uuid> = events.iter().filter_map(|event| event.subject).collect();
        let withdrawn = table::load::<FeedbackState>(tx, FEEDBACK, "feedback_id", &named).await?;
        let given = events.iter().filter_map(|event| match event.fact.as_deref() {
            Some(Fact::FeedbackGiven(data)) => Some(data.interaction),
            _ => None,
        });
        let ids: BTreeSet<Uuid> = named
            .iter()
            .copied()
            .chain(withdrawn.iter().map(|row| row.interaction_id))
            .chain(given)
            .collect();
        let id_of = |row: &InteractionState| row.interaction_id;
        let interactions =
            Keyed::load(tx, INTERACTIONS, "interaction_id", ids.iter().copied(), id_of).await?;
        let rows = table::load::<FeedbackState>(tx, FEEDBACK, "interaction_id", &Vec::from_iter(ids)).await?;
        let feedback = Keyed::of(FEEDBACK, "feedback_id", rows, |row: &FeedbackState| row.feedback_id);
        Ok(Self { interactions, feedback })
    }

    /// Takes one event in; names the interaction whose examples may change.
    fn take(&mut self, event: &Projected) -> Option<Uuid> {
        let id = event.subject?;
        let later = |position| event.position_column() > position;
        match event.fact.as_deref()? {
            Fact::InteractionPrompted(data)
                if self.interactions.get(id).is_none_or(|row| {
                    later(row.position) && event.may_replace(row.datasubject.as_deref())
                }) =>
            {
                let row = InteractionState {
                    interaction_id: id,
                    tenant: event.tenant_column(),
                    datasubject: event.datasubject_column(),
                    prompt: data.prompt.clone(),
                    answer: None,
                    prompted_event: event.event.id,
                    answered_event: None,
                    partition: event.partition_column(),
                    position: event.position_column(),
                };
                self.interactions.put(id, row);
                Some(id)
            }
            Fact::InteractionAnswered(data) => {
                let row = self
                    .interactions
                    .get(id)
                    .filter(|row| row.answer.is_none() && later(row.position))
                    .filter(|row| event.may_touch(row.datasubject.as_deref()))?
                    .clone();
                let answered = InteractionState {
                    answer: Some(data.answer.clone()),
                    answered_event: Some(event.event.id),
                    position: event.position_column(),
                    ..row
                };
                self.interactions.put(id, answered);
                Some(id)
            }
            Fact::FeedbackGiven(data)
                if self.feedback.get(id).is_none_or(|row| {
                    later(row.position) && event.may_replace(row.datasubject.as_deref())
                }) =>
            {
                let row = FeedbackState {
                    feedback_id: id,
                    tenant: event.tenant_column(),
                    datasubject: event.datasubject_column(),
                    interaction_id: data.interaction,
                    verdict: serde_json::to_value(&data.verdict).ok()?,
                    withdrawn: false,
                    given_event: event.event.id,
                    given_position: event.position_column(),
                    partition: event.partition_column(),
                    position: event.position_column(),
                };
                self.feedback.put(id, row);
                Some(data.interaction)
            }
            Fact::FeedbackWithdrawn(_) => {
                let row = self.feedback.get(id).filter(|row| !row.withdrawn && later(row.position));
                let row = row.filter(|row| event.may_touch(row.datasubject.as_deref()))?.clone();
                let interaction = row.interaction_id;
                let position = event.position_column();
                self.feedback.put(id, FeedbackState { withdrawn: true, position, ..row });
                Some(interaction)
            }
            _ => None,
        }
    }
}
