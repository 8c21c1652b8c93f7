//! What one sentence says differently from another that speaks of the same.

use std::ops::Range;

use event_model::TextRange;
use serde::Serialize;

use crate::{
    character_index::CharacterIndex,
    lexicon::{self, Role},
    passage::Term,
    quantity::{Relation, Value, quantities, relation},
};

/// How claim and evidence differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// One denies, the other does not.
    Negation,
    /// One says only, the other does not.
    Only,
    /// They say opposites, such as first and last.
    Opposite,
    /// They name different members of a family, such as June and July.
    Other,
    /// They give different amounts of the same thing.
    Number,
    /// They give different dates.
    Date,
    /// They name different versions.
    Version,
}

/// A difference and where it stands, in characters; one side may have nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// How they differ.
    pub kind: MismatchKind,
    /// In the claim.
    pub claim: Option<TextRange>,
    /// In the evidence.
    pub evidence: Option<TextRange>,
}

/// A difference and where it stands, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) kind: MismatchKind,
    pub(crate) claim: Option<Range<usize>>,
    pub(crate) evidence: Option<Range<usize>>,
}

impl Found {
    pub(crate) fn in_characters(&self, places: (&CharacterIndex<'_>, &CharacterIndex<'_>)) -> Mismatch {
        Mismatch {
            kind: self.kind,
            claim: self.claim.as_ref().map(|range| places.0.range(range)),
            evidence: self.evidence.as_ref().map(|range| places.1.range(range)),
        }
    }
}

/// The differences between a claim and the sentence that speaks of it.
pub(crate) fn mismatches(
    text: &str,
    claim: &[Term<'_>],
    evidence: &str,
    sentence: &[Term<'_>],
) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(parity(MismatchKind::Negation, claim, sentence, &[Role::Negation, Role::Denial]));
    found.extend(parity(MismatchKind::Only, claim, sentence, &[Role::Only]));
    for term in claim.iter().filter(|term| !sentence.iter().any(|other| term.is_alike(other))) {
        found.extend(opposite(term, claim, sentence));
        found.extend(other_of_family(term, sentence));
    }
    let known = quantities(evidence, sentence);
    for quantity in quantities(text, claim) {
        let relations: Vec<_> = known.iter().map(|other| relation(&quantity.value, &other.value)).collect();
        let differs = relations.iter().position(|relation| *relation == Relation::Different);
        if let Some(at) = differs.filter(|_| !relations.contains(&Relation::Equal)) {
            found.push(Found {
                kind: kind_of(&quantity.value),
                claim: bytes(claim, &quantity.terms),
                evidence: bytes(sentence, &known[at].terms),
            });
        }
    }
    found
}

fn kind_of(value: &Value) -> MismatchKind {
    match value {
        Value::Number(..) => MismatchKind::Number,
        Value::Version(_) => MismatchKind::Version,
        Value::Date(_) => MismatchKind::Date,
    }
}

/// A word with one of the roles in one of them and none in the other.
fn parity(kind: MismatchKind, claim: &[Term<'_>], sentence: &[Term<'_>], roles: &[Role]) -> Option<Found> {
    let first = |terms: &[Term<'_>]| {
        terms.iter().find(|term| roles.contains(&term.role)).map(|term| term.bytes.clone())
    };
    let (claim, evidence) = (first(claim), first(sentence));
    (claim.is_some() != evidence.is_some()).then_some(Found { kind, claim, evidence })
}

/// A word whose opposite the evidence has, and the claim has not.
fn opposite(term: &Term<'_>, claim: &[Term<'_>], sentence: &[Term<'_>]) -> Option<Found> {
    let opposites = lexicon::opposites(&term.stem);
    let both = |stem: &str| claim.iter().any(|other| other.stem == stem);
    let other = sentence.iter().find(|other| opposites.contains(&other.stem) && !both(&other.stem))?;
    Some(Found {
        kind: MismatchKind::Opposite,
        claim: Some(term.bytes.clone()),
        evidence: Some(other.bytes.clone()),
    })
}

/// A word instead of which the evidence has another one of its family.
fn other_of_family(term: &Term<'_>, sentence: &[Term<'_>]) -> Option<Found> {
    let family = lexicon::family(&term.stem)?;
    let other = sentence.iter().find(|other| lexicon::family(&other.stem) == Some(family))?;
    Some(Found {
        kind: MismatchKind::Other,
        claim: Some(term.bytes.clone()),
        evidence: Some(other.bytes.clone()),
    })
}

fn bytes(terms: &[Term<'_>], range: &Range<usize>) -> Option<Range<usize>> {
    Some(terms.get(range.start)?.bytes.start..terms.get(range.end - 1)?.bytes.end)
}
