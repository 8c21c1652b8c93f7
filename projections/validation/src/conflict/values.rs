//! How alike two sentences are but for their values, whether they speak of the same thing, and whether of defaults.

use std::collections::BTreeSet;

use super::{Side, defaults};
use crate::{
    lexicon::{Role, family, opposites},
    passage::Term,
    quantity::quantities,
    rule::ratio,
};

/// Fewest content words that both must have before a difference says anything.
const SHARED_MIN: u64 = 2;

/// What is left of the likeness for each content word that neither sentence shares with the other: one such word may be another
/// way of saying it, several are another thing.
const LEFT_FOR_EACH_OTHER: f64 = 0.8;

/// Marks that prose does not have.
const CODE_MARKS: [char; 4] = ['{', '}', '=', ';'];

/// How sure it is that two sentences say the same but for their values, between 0 and 1.
///
/// It is the share of content words that both have, values left out, less what words of both sides without a partner take from it; 0
/// if they share too few, or name different things.
pub(super) fn likeness(a: Side<'_>, b: Side<'_>) -> f64 {
    let (a, b) = (without_values(a), without_values(b));
    let (shared_a, lonely_a) = parted(&a, &b);
    let (shared_b, lonely_b) = parted(&b, &a);
    let other_thing = lonely_a.iter().any(|term| is_name(term)) && lonely_b.iter().any(|term| is_name(term));
    if shared_a.min(shared_b) < SHARED_MIN || other_thing {
        return 0.0;
    }
    let both = shared_a + shared_b;
    let all = both + (lonely_a.len() + lonely_b.len()) as u64;
    let others = i32::try_from(lonely_a.len().min(lonely_b.len())).unwrap_or(i32::MAX);
    ratio(both, all) * LEFT_FOR_EACH_OTHER.powi(others)
}

/// How many terms have a partner among the others, and those that have none; without words that have an opposite or a family, for
/// those are what may differ.
fn parted<'t, 's>(terms: &[&'t Term<'s>], others: &[&Term<'_>]) -> (u64, Vec<&'t Term<'s>>) {
    let (shared, lonely): (Vec<&Term<'_>>, Vec<&Term<'_>>) =
        terms.iter().copied().partition(|term| others.iter().any(|other| term.is_alike(other)));
    let may_differ = |term: &Term<'_>| !opposites(&term.stem).is_empty() || family(&term.stem).is_some();
    (shared.len() as u64, lonely.into_iter().filter(|term| !may_differ(term)).collect())
}

/// Whether a word names a thing: an identifier, an address, or a name that is capitalised within its sentence.
fn is_name(term: &Term<'_>) -> bool {
    let inner_capital = term.text.chars().skip(1).any(char::is_uppercase);
    term.capital || inner_capital || term.text.contains(['_', '/', '.', ':'])
}

/// The content words that are no part of a value.
fn without_values(Side { text, terms, .. }: Side<'_>) -> Vec<&Term<'_>> {
    let values = quantities(text, terms);
    let default = defaults::value(text, terms);
    let is_value = |at: usize| {
        let in_default = default.as_ref().is_some_and(|value| value.contains(&terms[at].bytes.start));
        in_default || values.iter().any(|quantity| quantity.terms.contains(&at))
    };
    let kept = terms.iter().enumerate().filter(|(at, term)| term.is_content() && !is_value(*at));
    kept.map(|(_, term)| term).collect()
}

/// Whether both sentences are prose that could contradict: they have words between the words of content, no marks of code, and do not
/// quote different pieces of code.
pub(super) fn are_comparable(a: Side<'_>, b: Side<'_>) -> bool {
    let prose = |side: Side<'_>| {
        !side.text[side.bytes.clone()].contains(CODE_MARKS)
            && side.terms.iter().any(|term| term.role != Role::Content)
    };
    let (in_a, in_b) = (quoted(a), quoted(b));
    prose(a) && prose(b) && (in_a.is_empty() || in_b.is_empty() || !in_a.is_disjoint(&in_b))
}

/// What stands between backticks, less what holds by default, for that may well differ.
fn quoted(Side { text, terms, bytes }: Side<'_>) -> BTreeSet<&str> {
    // The first and the last mark stand outside of the terms.
    let start = bytes.start - usize::from(text[..bytes.start].ends_with('`'));
    let end = bytes.end + usize::from(text[bytes.end..].starts_with('`'));
    let mut quoted: BTreeSet<&str> = text[start..end].split('`').skip(1).step_by(2).collect();
    if let Some(value) = defaults::value(text, terms) {
        quoted.remove(&text[value]);
    }
    quoted
}
