//! How much of a text stands in the order of another: tokens of the longest sequence that both have, twice, over all tokens of both
//! (the normalised Indel similarity). By bits, 64 at a time (Hyyrö, 2004).

use std::collections::HashMap;

/// Tokens of each text that are looked at.
const TOKENS_MAX: usize = 15_000;
const WORD: usize = 64;

/// From 0 to 1; 1 for two empty texts.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
pub(crate) fn similarity(one: &[String], other: &[String]) -> f64 {
    let (one, other) = (&one[..one.len().min(TOKENS_MAX)], &other[..other.len().min(TOKENS_MAX)]);
    if one.is_empty() && other.is_empty() {
        return 1.0;
    }
    2.0 * longest_common(one, other) as f64 / (one.len() + other.len()) as f64
}

/// The length of the longest sequence that both have.
fn longest_common(one: &[String], other: &[String]) -> usize {
    let words = one.len().div_ceil(WORD);
    let mut places: HashMap<&str, Vec<u64>> = HashMap::new();
    for (at, token) in one.iter().enumerate() {
        places.entry(token).or_insert_with(|| vec![0; words])[at / WORD] |= 1 << (at % WORD);
    }
    // A bit that is not set is a token of `one` that the sequence has.
    let mut rest = vec![u64::MAX; words];
    for matches in other.iter().filter_map(|token| places.get(token.as_str())) {
        let mut carry = false;
        for (rest, matches) in rest.iter_mut().zip(matches) {
            let found = *rest & matches;
            let (sum, over) = rest.overflowing_add(found);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            carry = over || again;
            *rest = sum | (*rest & !matches);
        }
    }
    let taken: u32 = rest.iter().map(|word| word.count_zeros()).sum();
    taken as usize
}
