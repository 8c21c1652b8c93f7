//! Runs of n words, compared by a rolling hash: no string is built for any of them, so a text of millions of words is
//! scanned in linear time.
//!
//! Two different runs share a 64-bit hash with a chance of about 1 in 10^7 in a text of two million words.

use std::{
    cell::Cell,
    hash::{BuildHasherDefault, Hasher},
};

use crate::text_lines::FixedMap;

/// Multiplier of the rolling hash: an odd number with well spread bits (2^64 / golden ratio).
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Passes hashes that are mixed already to a hash table.
#[derive(Default)]
pub(crate) struct AlreadyMixed(u64);

impl Hasher for AlreadyMixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A map keyed by mixed hashes.
type ByHash<V> = std::collections::HashMap<u64, V, BuildHasherDefault<AlreadyMixed>>;
/// A set of mixed hashes.
type Hashes = std::collections::HashSet<u64, BuildHasherDefault<AlreadyMixed>>;

/// The finaliser of splitmix64 (Steele et al. 2014): a bijection that spreads every bit.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The words of a text as numbers, equal for equal words.
pub(crate) struct NGrams {
    words: Vec<u64>,
    /// Length from which on no run repeats, as far as is known: where none of n words does, none of n + 1 can.
    unrepeated_from: Cell<usize>,
}

/// The most frequent run of n words.
#[derive(Debug, PartialEq)]
pub(crate) struct TopNGram {
    /// Where it stands first, as an index of its first word.
    pub(crate) first: usize,
    /// How often it occurs, overlapping occurrences too.
    pub(crate) count: u64,
}

/// The runs of n words that repeat an earlier one, found from left to right without overlap.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RepeatedNGrams {
    /// Index of the first word of each, in order.
    pub(crate) starts: Vec<usize>,
}

impl NGrams {
    pub(crate) fn of(words: &[&str]) -> Self {
        let mut numbers = FixedMap::<&str, u64>::default();
        let words = words
            .iter()
            .map(|word| {
                let next = numbers.len() as u64;
                mix(BASE.wrapping_add(*numbers.entry(word).or_insert(next)))
            })
            .collect();
        Self { words, unrepeated_from: Cell::new(usize::MAX) }
    }

    /// The hash of every run of `n` words, by the index of its first word; nothing if there are fewer words.
    pub(crate) fn hashes(&self, n: usize) -> impl Iterator<Item = u64> {
        let words = &self.words;
        let drop_weight = (1..n).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
        let mut rolling = words.iter().take(n.saturating_sub(1)).fold(0_u64, |h, w| roll(h, *w));
        (n..=words.len()).map(move |end| {
            rolling = roll(rolling, words[end - 1]);
            let hash = mix(rolling);
            rolling = rolling.wrapping_sub(words[end - n].wrapping_mul(drop_weight));
            hash
        })
    }

    /// The most frequent run of `n` words, the earliest of equally frequent ones; `None` if there are fewer words.
    pub(crate) fn top(&self, n: usize) -> Option<TopNGram> {
        let mut counts =
            ByHash::<TopNGram>::with_capacity_and_hasher(self.words.len(), BuildHasherDefault::default());
        for (first, hash) in self.hashes(n).enumerate() {
            counts.entry(hash).or_insert(TopNGram { first, count: 0 }).count += 1;
        }
        counts.into_values().max_by_key(|top| (top.count, std::cmp::Reverse(top.first)))
    }

    /// The runs of `n` words that repeat an earlier one. A repeat is skipped as a whole before the search goes on, and
    /// its inner runs are not remembered, as in datatrove's `find_all_duplicate`.
    pub(crate) fn repeated(&self, n: usize) -> RepeatedNGrams {
        let mut repeated = RepeatedNGrams::default();
        if n >= self.unrepeated_from.get() {
            return repeated;
        }
        let mut seen = Hashes::with_capacity_and_hasher(self.words.len(), BuildHasherDefault::default());
        let mut next = 0;
        for (start, hash) in self.hashes(n).enumerate() {
            if start < next {
                continue;
            }
            if !seen.insert(hash) {
                repeated.starts.push(start);
                next = start + n;
            }
        }
        if repeated.starts.is_empty() {
            self.unrepeated_from.set(n);
        }
        repeated
    }
}

fn roll(hash: u64, word: u64) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_earliest_of_equally_frequent_runs_is_the_top_one() {
        let grams = NGrams::of(&["a", "b", "c", "a", "b", "c"]);
        assert_eq!(grams.top(2), Some(TopNGram { first: 0, count: 2 }));
        assert_eq!(grams.top(7), None);
        assert_eq!(NGrams::of(&["x", "y"]).top(2), Some(TopNGram { first: 0, count: 1 }));
    }

    #[test]
    fn repeats_do_not_overlap() {
        let grams = NGrams::of(&["a", "a", "a", "a", "a"]);
        assert_eq!(grams.repeated(2).starts, [1, 3]);
        assert_eq!(NGrams::of(&[]).repeated(2).starts, Vec::<usize>::new());
    }

    /// What datatrove's `find_all_duplicate` does, on the words themselves.
    fn repeated_by_comparison(words: &[&str], n: usize) -> Vec<usize> {
        let (mut seen, mut starts, mut at) = (Vec::new(), Vec::new(), 0);
        while at + n <= words.len() {
            let run = &words[at..at + n];
            if seen.contains(&run) {
                starts.push(at);
                at += n;
            } else {
                seen.push(run);
                at += 1;
            }
        }
        starts
    }

    proptest! {
        #[test]
        fn repeats_are_those_that_comparing_words_finds(words in prop::collection::vec("[abc]", 0..60)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let grams = NGrams::of(&words);
            for n in (1..9).chain((1..9).rev()) {
                prop_assert_eq!(grams.repeated(n).starts, repeated_by_comparison(&words, n), "n = {}", n);
            }
        }

        #[test]
        fn rolling_hashes_agree_with_comparing_the_words(words in prop::collection::vec("[ab]", 0..40), n in 1_usize..6) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let hashes: Vec<u64> = NGrams::of(&words).hashes(n).collect();
            let runs: Vec<&[&str]> = words.windows(n).collect();
            prop_assert_eq!(hashes.len(), runs.len());
            for (i, a) in runs.iter().enumerate() {
                for (j, b) in runs.iter().enumerate() {
                    prop_assert_eq!(hashes[i] == hashes[j], a == b);
                }
            }
        }
    }
}
