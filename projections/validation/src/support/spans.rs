//! Which parts of claim and evidence are shown: neighbouring words as one.

use event_model::TextRange;

use super::locate::Window;
use crate::{character_index::CharacterIndex, passage::Term};

/// The words of the claim that the evidence has, or those that it has not.
pub(super) fn of_claim(
    claim: &[Term<'_>],
    window: &Window<'_>,
    found: bool,
    places: &CharacterIndex<'_>,
) -> Vec<TextRange> {
    joined(claim, |term| term.is_content() && window.has(term) == found, places)
}

/// The words of the evidence that the claim has, too.
pub(super) fn of_evidence(
    claim: &[Term<'_>],
    window: &Window<'_>,
    places: &CharacterIndex<'_>,
) -> Vec<TextRange> {
    joined(window.terms, |term| term.is_content() && claim.iter().any(|other| term.is_alike(other)), places)
}

/// Ranges of the chosen terms; what stands between two of them belongs to them if it is only words without content.
fn joined(
    terms: &[Term<'_>],
    chosen: impl Fn(&Term<'_>) -> bool,
    places: &CharacterIndex<'_>,
) -> Vec<TextRange> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    let mut open = false;
    for term in terms {
        if chosen(term) {
            match ranges.last_mut().filter(|_| open) {
                Some(last) => last.end = term.bytes.end,
                None => ranges.push(term.bytes.clone()),
            }
            open = true;
        } else if term.is_content() {
            open = false;
        }
    }
    ranges.iter().map(|range| places.range(range)).collect()
}
