//! The contradictions of two sentences, each with its kind and how sure it is.

use std::ops::Range;

use super::{ConflictKind, Found, Pair, Side, defaults, values, wording};
use crate::{
    MismatchKind,
    mismatch::{self, mismatches},
};

impl Pair<'_> {
    /// What the sentences contradict each other in; `wording` is the score of their wording.
    pub(super) fn conflicts(&self, wording: f64) -> Vec<Found> {
        if !values::are_comparable(self.a, self.b) {
            return Vec::new();
        }
        let differences = mismatches(self.a.text, self.a.terms, self.b.text, self.b.terms);
        let likeness = values::likeness(self.a, self.b);
        let defaults = [self.a, self.b].iter().all(|side| defaults::speaks_of_default(side.terms));
        let found = differences.iter().filter_map(|difference| {
            let kind = kind_of(difference.kind)?;
            let confidence = if kind == ConflictKind::Negation { wording } else { likeness };
            let kind = if defaults && kind != ConflictKind::Negation { ConflictKind::Default } else { kind };
            let words = (difference.claim.clone(), difference.evidence.clone());
            (!self.agree_in(difference.kind, &differences)).then(|| self.found(kind, words, confidence))
        });
        let mut found: Vec<Found> = found.collect();
        if found.is_empty() && defaults {
            found.extend(self.other_default(likeness));
        }
        found
    }

    /// Whether a difference is none, with the other differences in view.
    fn agree_in(&self, kind: MismatchKind, differences: &[mismatch::Found]) -> bool {
        let has = |kind| differences.iter().any(|difference| difference.kind == kind);
        let denied = has(MismatchKind::Negation);
        match kind {
            // Not disabled is enabled, and not in version 1 may be in version 2: a denial and another difference take each other
            // back.
            MismatchKind::Negation => {
                let others = differences
                    .iter()
                    .any(|other| !matches!(other.kind, MismatchKind::Negation | MismatchKind::Only));
                others || !wording::speak_of_the_same(self.a.terms, self.b.terms)
            }
            // What one denies may well be something else in the other, and two things may both not be.
            MismatchKind::Opposite | MismatchKind::Other => denied || wording::denies(self.a.terms),
            _ => denied,
        }
    }

    /// Different names of what holds by default.
    fn other_default(&self, likeness: f64) -> Option<Found> {
        let value = |side: Side<'_>| defaults::value(side.text, side.terms);
        let (in_a, in_b) = (value(self.a)?, value(self.b)?);
        let same = self.a.text[in_a.clone()].eq_ignore_ascii_case(&self.b.text[in_b.clone()]);
        let denied = [self.a, self.b].iter().any(|side| wording::denies(side.terms));
        (!same && !denied).then(|| self.found(ConflictKind::Default, (Some(in_a), Some(in_b)), likeness))
    }

    fn found(
        &self,
        kind: ConflictKind,
        (words_a, words_b): (Option<Range<usize>>, Option<Range<usize>>),
        confidence: f64,
    ) -> Found {
        Found { kind, a: self.a.bytes.clone(), b: self.b.bytes.clone(), words_a, words_b, confidence }
    }
}

/// The kind of conflict that a mismatch may be.
fn kind_of(kind: MismatchKind) -> Option<ConflictKind> {
    match kind {
        MismatchKind::Negation => Some(ConflictKind::Negation),
        MismatchKind::Opposite => Some(ConflictKind::Opposite),
        MismatchKind::Other => Some(ConflictKind::Other),
        MismatchKind::Number => Some(ConflictKind::Number),
        MismatchKind::Date => Some(ConflictKind::Date),
        MismatchKind::Version => Some(ConflictKind::Version),
        MismatchKind::Only => None,
    }
}
