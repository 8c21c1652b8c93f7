//! The conflicts of passages that were brought together, as they are told.

use event_log::Clock;
use event_model::{
    Event, EventDraft, Tenant, TextRange, conflict_id, detected_event_id,
    family::conflict::{ConflictDetected, Passage},
};
use read_models::query::Comparable;
use uuid::Uuid;
use validation::{CONFLICT_RULES_VERSION, Conflict, conflict};
use worker_runtime::WorkError;

use super::subject;
use crate::catalogue::COMPARE;

/// Most characters quoted of one sentence, and of one heading; most headings.
const TEXT_CHARACTERS_MAX: usize = 1_000;
const HEADING_CHARACTERS_MAX: usize = 200;
const HEADINGS_MAX: usize = 8;

/// A conflict that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Detected {
    pub(super) id: Uuid,
    pub(super) data: ConflictDetected,
}

/// What each passage and its candidates contradict each other in. Passages that say the very same are not compared.
pub(super) fn detect(tenant: &Tenant, passages: &[Comparable], others: &[Vec<Comparable>]) -> Vec<Detected> {
    passages.iter().zip(others).flat_map(|(one, others)| beside(tenant, one, others)).collect()
}

/// What one passage and its candidates contradict each other in.
fn beside(tenant: &Tenant, one: &Comparable, others: &[Comparable]) -> Vec<Detected> {
    let others = others.iter().filter(|other| other.text != one.text && subject::may_be_the_same(one, other));
    let mut found = Vec::new();
    for other in others {
        for conflict in conflict(&one.text, &other.text).conflicts {
            let sides = [side(one, conflict.a, conflict.words_a), side(other, conflict.b, conflict.words_b)];
            let real = subject::share_a_subject(conflict.kind, &sides)
                && !subject::says_both(one, other, &sides)
                && !sides.iter().any(subject::is_reference);
            if real {
                found.push((conflict, sides));
            }
        }
    }
    let formulas =
        subject::formulas(found.iter().map(|(_, [own, other])| (own.text.as_str(), other.text.as_str())));
    let told = |(found, sides): (Conflict, [Passage; 2])| {
        (!formulas.contains(&sides[0].text)).then(|| Detected::of(tenant, &found, sides))
    };
    found.into_iter().filter_map(told).collect()
}

impl Detected {
    fn of(tenant: &Tenant, found: &Conflict, mut sides: [Passage; 2]) -> Self {
        sides.sort_by(|one, other| (one.document, &one.text).cmp(&(other.document, &other.text)));
        let [left, right] = sides;
        let id = conflict_id(tenant, (left.document, &left.text), (right.document, &right.text));
        let (kind, confidence) = (found.kind.as_str().to_owned(), found.confidence);
        let rules_version = Some(CONFLICT_RULES_VERSION);
        Self { id, data: ConflictDetected { left, right, kind, confidence, rules_version } }
    }

    /// The order in which one of two findings at the same places is chosen, whichever document is looked from.
    pub(super) fn is_less_sure_than(&self, other: &Self) -> bool {
        let (one, other) = (&self.data, &other.data);
        one.confidence.total_cmp(&other.confidence).then_with(|| other.kind.cmp(&one.kind)).is_lt()
    }

    pub(super) fn event(self, tenant: &Tenant, clock: &dyn Clock) -> Result<Event, WorkError> {
        let subject = self.id.to_string();
        let draft = EventDraft {
            id: detected_event_id(self.id, CONFLICT_RULES_VERSION),
            source: format!("/roles/{}/{}", COMPARE.name, COMPARE.version),
            partitionkey: subject.clone(),
            subject,
            tenant: tenant.clone(),
            time: clock.now(),
            data: self.data,
        };
        draft.build().map_err(WorkError::dead_letter)
    }
}

/// One side; places within the passage become places within the document, those of words places within the sentence.
fn side(passage: &Comparable, sentence: TextRange, words: Option<TextRange>) -> Passage {
    let length = (sentence.end - sentence.start) as usize;
    let text: String =
        passage.text.chars().skip(sentence.start as usize).take(length.min(TEXT_CHARACTERS_MAX)).collect();
    let start = passage.start_char.unsigned_abs() + sentence.start;
    let within = |words: TextRange| {
        let end = words.end.saturating_sub(sentence.start);
        let span = TextRange { start: words.start.saturating_sub(sentence.start), end };
        (end as usize <= TEXT_CHARACTERS_MAX && span.start < end).then_some(span)
    };
    let heading = |heading: &String| heading.chars().take(HEADING_CHARACTERS_MAX).collect();
    Passage {
        document: passage.document_id,
        range: TextRange { start, end: start + (sentence.end - sentence.start) },
        text,
        span: words.and_then(within),
        heading_path: passage.heading_path.iter().take(HEADINGS_MAX).map(heading).collect(),
        chunk: u32::try_from(passage.ordinal).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(document: u128, text: &str) -> Comparable {
        Comparable {
            document_id: Uuid::from_u128(document),
            name: format!("{document}.md"),
            ordinal: 3,
            heading_path: vec!["Guide".into()],
            start_char: 100,
            text: text.into(),
        }
    }

    fn found(one: &Comparable, other: &Comparable) -> Vec<Detected> {
        detect(&Tenant::default(), std::slice::from_ref(one), &[vec![other.clone()]])
    }

    #[test]
    fn both_of_a_pair_tell_the_same_conflict() {
        let (one, other) = (
            passage(1, "Fine. The request times out after 30 seconds."),
            passage(2, "A request times out after 2 minutes. Yes."),
        );
        let (from_one, from_other) = (found(&one, &other), found(&other, &one));
        assert_eq!(from_one.len(), 1);
        assert_eq!(from_one, from_other);
        let data = &from_one[0].data;
        assert_eq!((data.kind.as_str(), data.left.document), ("number", Uuid::from_u128(1)));
        assert_eq!(data.left.text, "The request times out after 30 seconds");
        assert_eq!(data.left.range, TextRange { start: 106, end: 144 });
        let span = data.left.span.unwrap();
        assert_eq!(&data.left.text[span.start as usize..span.end as usize], "30 seconds");
        assert_eq!(
            (data.left.chunk, data.left.heading_path.as_slice()),
            (Some(3), &["Guide".to_owned()][..])
        );
    }

    #[test]
    fn what_agrees_or_is_the_same_has_no_conflict() {
        let one = passage(1, "The request times out after 30 seconds.");
        assert_eq!(found(&one, &passage(2, &one.text)), []);
        assert_eq!(found(&one, &passage(2, "A request times out after 30 seconds.")), []);
    }

    #[test]
    fn a_sentence_without_end_is_quoted_in_part() {
        let long = format!("The request times out after 30 seconds {}", "and so on ".repeat(200));
        let side = side(
            &passage(1, &long),
            TextRange { start: 0, end: 2_000 },
            Some(TextRange { start: 1_500, end: 1_510 }),
        );
        assert_eq!((side.text.chars().count(), side.span), (TEXT_CHARACTERS_MAX, None));
    }
}
