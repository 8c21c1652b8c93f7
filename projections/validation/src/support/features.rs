//! What of a claim the evidence has, in numbers.

use std::collections::HashSet;

use super::{
    locate::{Evidence, Window},
    model::SIGNALS,
};
use crate::{
    lexicon::Role,
    mismatch::{Found, MismatchKind},
    passage::Term,
    quantity::{Relation, quantities, relation},
};

/// A part of a claim without a word that could be found tells nothing.
const UNKNOWN: f64 = 0.5;

/// The signals, in the order of the model.
pub(super) fn measure(
    text: &str,
    claim: &[Term<'_>],
    evidence: &Evidence<'_>,
    window: &Window<'_>,
    mismatches: &[Found],
) -> [f64; SIGNALS] {
    let (subject, predicate) = claim.split_at(subject_terms(claim));
    let weighed = |terms: &[Term<'_>]| coverage(terms, evidence, window);
    let content = || predicate.iter().filter(|term| term.is_content());
    let count = |kind| f64::from(mismatches.iter().any(|found| found.kind == kind));
    let (numbers_found, numbers_missing) = numbers(text, claim, evidence.passage.text, window);
    [
        weighed(predicate),
        weighed(subject),
        flag(content().all(|term| window.has(term))),
        content().next_back().map_or(UNKNOWN, |term| flag(window.has(term))),
        pairs(claim, window),
        flag(content().any(|term| term.capital && !window.has(term))),
        flag(numbers_found),
        flag(numbers_missing),
        count(MismatchKind::Negation),
        count(MismatchKind::Opposite),
        count(MismatchKind::Other),
    ]
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// How many terms a claim's subject takes: the capitalised words that it starts with, and what joins them.
fn subject_terms(claim: &[Term<'_>]) -> usize {
    let last = claim.len().saturating_sub(1);
    (0..last)
        .find(|at| !(claim[*at].capital || (claim[*at].role == Role::Stop && claim[at + 1].capital)))
        .unwrap_or(last)
}

/// Weight of the content words that the evidence has, of all.
fn coverage(terms: &[Term<'_>], evidence: &Evidence<'_>, window: &Window<'_>) -> f64 {
    let (mut found, mut all) = (0.0, 0.0);
    for term in terms.iter().filter(|term| term.is_content()) {
        let weight = evidence.corpus.weight(&term.stem);
        all += weight;
        found += if window.has(term) { weight } else { 0.0 };
    }
    if all > 0.0 { found / all } else { UNKNOWN }
}

/// Share of the pairs of content words that follow each other in the evidence, too, whatever stands between them.
fn pairs(terms: &[Term<'_>], window: &Window<'_>) -> f64 {
    fn of<'t>(terms: &'t [Term<'_>]) -> Vec<(&'t str, &'t str)> {
        let content: Vec<&str> =
            terms.iter().filter(|term| term.is_content()).map(|term| term.stem.as_str()).collect();
        content.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }
    let known: HashSet<_> = of(window.terms).into_iter().collect();
    let pairs = of(terms);
    let found = pairs.iter().filter(|pair| known.contains(pair)).count();
    if pairs.is_empty() { UNKNOWN } else { crate::rule::ratio(found as u64, pairs.len() as u64) }
}

/// Whether some quantity of the claim is in the evidence, and whether some is not.
fn numbers(text: &str, claim: &[Term<'_>], evidence: &str, window: &Window<'_>) -> (bool, bool) {
    let known = quantities(evidence, window.terms);
    let mut seen = (false, false);
    for quantity in quantities(text, claim) {
        let equal = known.iter().any(|other| relation(&quantity.value, &other.value) == Relation::Equal);
        seen = (seen.0 || equal, seen.1 || !equal);
    }
    seen
}
