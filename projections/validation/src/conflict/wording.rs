//! How the wording of two sentences makes a contradiction likely: what they share, and who denies what.

use super::model::SIGNALS;
use crate::{
    lexicon::Role,
    passage::Term,
    rule::{number, ratio},
};

/// Content words behind a denial that it reaches, in a sentence that may go on about other things.
const REACH: usize = 3;

/// Least share of the shorter sentence's content words that the longer must have before a denial is told.
const COVERED_MIN: f64 = 0.7;
/// Least number of them.
const SHARED_MIN: f64 = 2.0;

/// The signals, in the order of the model. The shorter sentence is taken for the one that says something of the longer.
pub(super) fn measure(a: &[Term<'_>], b: &[Term<'_>]) -> [f64; SIGNALS] {
    let content = |terms: &[Term<'_>]| terms.iter().filter(|term| term.is_content()).count();
    let (long, short) = if content(a) >= content(b) { (a, b) } else { (b, a) };
    let (by_short, by_long) = (denials(short), denials(long));
    let parity = flag(by_short.len() % 2 != by_long.len() % 2);
    let covered = share(short, long);
    let only = |one: &[usize], other: &[usize]| flag(!one.is_empty() && other.is_empty());
    [
        flag(!by_short.is_empty() && !by_long.is_empty()),
        covered,
        parity * flag(covered >= 1.0),
        only(&by_short, &by_long) * share(reach(short, &by_short, usize::MAX), long),
        only(&by_long, &by_short) * share(reach(long, &by_long, REACH), short),
    ]
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// Whether two sentences share so much that a denial in one may be of what the other says: two content words, and most of those of
/// the shorter.
pub(super) fn speak_of_the_same(a: &[Term<'_>], b: &[Term<'_>]) -> bool {
    let content = |terms: &[Term<'_>]| terms.iter().filter(|term| term.is_content()).count();
    let (long, short) = if content(a) >= content(b) { (a, b) } else { (b, a) };
    let covered = share(short, long);
    covered >= COVERED_MIN && covered * number(content(short) as u64) >= SHARED_MIN
}

/// Whether a sentence denies something.
pub(super) fn denies(terms: &[Term<'_>]) -> bool {
    !denials(terms).is_empty()
}

/// Where a sentence denies.
fn denials(terms: &[Term<'_>]) -> Vec<usize> {
    (0..terms.len()).filter(|at| matches!(terms[*at].role, Role::Negation | Role::Denial)).collect()
}

/// The terms behind the first denial up to so many content words.
fn reach<'t, 's>(terms: &'t [Term<'s>], denials: &[usize], words: usize) -> &'t [Term<'s>] {
    let Some(first) = denials.first() else { return &[] };
    let behind = &terms[first + 1..];
    let end = behind
        .iter()
        .enumerate()
        .filter(|(_, term)| term.is_content())
        .nth(words)
        .map_or(behind.len(), |(at, _)| at);
    &behind[..end]
}

/// Share of the content words of one that the other has; 0 without any.
fn share(of: &[Term<'_>], other: &[Term<'_>]) -> f64 {
    let content = of.iter().filter(|term| term.is_content());
    let (mut found, mut all) = (0, 0);
    for term in content {
        all += 1;
        found += u64::from(other.iter().any(|other| other.is_content() && term.is_alike(other)));
    }
    ratio(found, all)
}
