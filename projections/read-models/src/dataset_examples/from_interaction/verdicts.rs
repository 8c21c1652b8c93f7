//! What one interaction and its verdicts teach.
//!
//! - `sft`: the answer as it should be: the last correction, or the given answer if somebody liked it and nobody did not.
//! - `preference`: a correction over the given answer; the better of two answers that a person compared.
//! - `kto`: the given answer, liked (thumbs up, rating 4 or 5) or not (thumbs down, rating 1 or 2).

use event_model::family::{dataset::DatasetKind, feedback::Verdict};
use uuid::Uuid;

use super::{
    super::example::{ExampleRow, Source},
    FeedbackState, InteractionState,
};

/// A verdict that still holds.
struct Standing {
    ordinal: i32,
    event: Uuid,
    verdict: Verdict,
}

/// All examples of an interaction, whose verdicts are in log order; none before it has an answer.
pub(super) fn examples(interaction: &InteractionState, feedback: &[&FeedbackState]) -> Vec<ExampleRow> {
    let (Some(answer), Some(answered)) = (&interaction.answer, interaction.answered_event) else {
        return Vec::new();
    };
    let standing: Vec<Standing> =
        (0..).zip(feedback).filter_map(|(ordinal, row)| standing(ordinal, row)).collect();
    let position = feedback.iter().map(|row| row.position).fold(interaction.position, i64::max);
    let told = Told {
        source: Source {
            kind: "interaction",
            id: interaction.interaction_id,
            tenant: &interaction.tenant,
            partition: interaction.partition,
            position,
        },
        prompt: &interaction.prompt,
        answer,
        events: [interaction.prompted_event, answered],
    };
    let compared = standing.iter().filter_map(|verdict| told.preference(verdict));
    let labelled = standing.iter().filter_map(|verdict| told.kto(verdict));
    told.sft(&standing).into_iter().chain(compared).chain(labelled).collect()
}

fn standing(ordinal: i32, row: &FeedbackState) -> Option<Standing> {
    if row.withdrawn {
        return None;
    }
    let verdict = serde_json::from_value(row.verdict.clone()).ok()?;
    Some(Standing { ordinal, event: row.given_event, verdict })
}

/// Whether the verdict is for or against the given answer; `None` if it is neither.
fn likes(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Thumbs { up } => Some(*up),
        Verdict::Rating { rating: 4.. } => Some(true),
        Verdict::Rating { rating: ..=2 } => Some(false),
        _ => None,
    }
}

struct Told<'a> {
    source: Source<'a>,
    prompt: &'a str,
    answer: &'a str,
    events: [Uuid; 2],
}

impl Told<'_> {
    fn example(
        &self,
        kind: DatasetKind,
        ordinal: i32,
        verdicts: impl IntoIterator<Item = Uuid>,
    ) -> ExampleRow {
        let events = self.events.into_iter().chain(verdicts).collect();
        self.source.example(kind, ordinal, self.prompt, events)
    }

    fn sft(&self, standing: &[Standing]) -> Option<ExampleRow> {
        let corrected = standing.iter().rev().find_map(|given| match &given.verdict {
            Verdict::Correction { text } => Some((given.event, text.clone())),
            _ => None,
        });
        if let Some((event, text)) = corrected {
            return Some(ExampleRow { completion: Some(text), ..self.example(DatasetKind::Sft, 0, [event]) });
        }
        let liked = |wanted| standing.iter().filter(move |given| likes(&given.verdict) == Some(wanted));
        if liked(false).next().is_some() || liked(true).next().is_none() {
            return None;
        }
        let events = liked(true).map(|given| given.event);
        Some(ExampleRow {
            completion: Some(self.answer.to_owned()),
            ..self.example(DatasetKind::Sft, 0, events)
        })
    }

    fn preference(&self, given: &Standing) -> Option<ExampleRow> {
        let (chosen, rejected) = match &given.verdict {
            Verdict::Correction { text } => (text.as_str(), self.answer),
            Verdict::Preference { other, prefers_given: true } => (self.answer, other.as_str()),
            Verdict::Preference { other, prefers_given: false } => (other.as_str(), self.answer),
            _ => return None,
        };
        (chosen != rejected).then(|| ExampleRow {
            chosen: Some(chosen.to_owned()),
            rejected: Some(rejected.to_owned()),
            ..self.example(DatasetKind::Preference, given.ordinal, [given.event])
        })
    }

    fn kto(&self, given: &Standing) -> Option<ExampleRow> {
        Some(ExampleRow {
            completion: Some(self.answer.to_owned()),
            label: Some(likes(&given.verdict)?),
            ..self.example(DatasetKind::Kto, given.ordinal, [given.event])
        })
    }
}
