//! Near duplicates by locality-sensitive hashing: two texts that share much of their wording share a band.
//!
//! Shape and probabilities of FineWeb (datatrove `minhash.py`): 14 bands of 8 rows over runs of 5 words of the normal
//! form. Two texts whose sets of runs have the Jaccard similarity s share a band with probability 1 - (1 - s^8)^14:
//! 0.99 at 0.85, 0.92 at 0.8, 0.56 at 0.7, 0.001 at 0.3.
//!
//! The hashes are our own, not datatrove's, and are part of recorded events: they must never change. A word is hashed
//! with 64-bit FNV-1a, a run of words with `h = mix(h * 3 + word)` from 0, `mix` being the finaliser of splitmix64; the
//! row r of 112 is the smallest `run * A(r) + B(r)` of all runs, modulo 2^64, the outputs of splitmix64 started at 1 being
//! A(0), B(0), A(1), ... with every A made odd; a band is `h = mix(h * 3 + row)` over its rows, started with its number.

use crate::{n_grams::mix, normal_form::normal_form};

/// Number of bands, and so of hashes, of a text.
pub const BANDS: usize = 14;
/// Rows that must all agree for two texts to share a band.
pub const ROWS_PER_BAND: usize = 8;
/// Words in a run.
pub const SHINGLE_WORDS: usize = 5;

const ROWS: usize = BANDS * ROWS_PER_BAND;

/// The bands of a text: [`BANDS`] hashes, or none for a text of fewer than [`SHINGLE_WORDS`] words.
pub fn near_duplicate_bands(text: &str) -> Vec<i64> {
    bands_of_normal_form(&normal_form(text))
}

/// The bands of a text whose normal form is known.
pub(crate) fn bands_of_normal_form(normal: &str) -> Vec<i64> {
    let words: Vec<u64> = normal.split(' ').filter(|word| !word.is_empty()).map(fnv1a).collect();
    let mut rows = [u64::MAX; ROWS];
    let factors = factors();
    for run in words.windows(SHINGLE_WORDS) {
        let run = chain(0, run);
        for (row, (a, b)) in rows.iter_mut().zip(&factors) {
            *row = (*row).min(run.wrapping_mul(*a).wrapping_add(*b));
        }
    }
    if words.len() < SHINGLE_WORDS {
        return Vec::new();
    }
    (0_u64..)
        .zip(rows.chunks_exact(ROWS_PER_BAND))
        .map(|(band, rows)| chain(band, rows).cast_signed())
        .collect()
}

fn factors() -> [(u64, u64); ROWS] {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    std::array::from_fn(|_| (draw() | 1, draw()))
}

fn chain(start: u64, hashes: &[u64]) -> u64 {
    hashes.iter().fold(start, |h, next| mix(h.wrapping_mul(3).wrapping_add(*next)))
}

fn fnv1a(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text of different words, numbered `words`; another salt gives other words.
    fn text(words: std::ops::Range<u32>, salt: &str) -> String {
        words.map(|n| format!("w{}x{salt}", letters(n))).collect::<Vec<_>>().join(" ")
    }

    /// A number in letters, because the normal form makes all numbers equal.
    fn letters(n: u32) -> String {
        n.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
    }

    fn share_a_band(a: &str, b: &str) -> bool {
        let (a, b) = (near_duplicate_bands(a), near_duplicate_bands(b));
        a.iter().zip(&b).any(|(a, b)| a == b)
    }

    /// Share of 200 pairs that share a band, each pair agreeing in `same` of `same + 2 * other` runs of words.
    fn found(same: u32, other: u32) -> u32 {
        (0..200)
            .filter(|pair| {
                // Five words give the first run, every further word one more.
                let common = text(0..same + 4, &format!("u{}", letters(*pair)));
                let left = format!("{common} {}", text(0..other, &format!("v{}", letters(*pair))));
                let right = format!("{common} {}", text(0..other, &format!("y{}", letters(*pair))));
                share_a_band(&left, &right)
            })
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn near_duplicates_are_found_and_different_texts_are_not() {
        // Jaccard 0.9: expected 99.97 %. Jaccard 0.3: expected 0.09 %. Jaccard 0.7: expected 56 %.
        assert!(found(180, 10) >= 195, "{}", found(180, 10));
        assert!(found(60, 70) <= 4, "{}", found(60, 70));
        assert!((70..=155).contains(&found(140, 30)), "{}", found(140, 30));
    }

    #[test]
    fn a_text_of_fewer_than_five_words_has_no_bands() {
        assert_eq!(near_duplicate_bands("one two three, four!"), Vec::<i64>::new());
        assert_eq!(near_duplicate_bands("one two three four five").len(), BANDS);
    }

    #[test]
    fn the_bands_of_a_text_never_change() {
        // Recorded events hold such hashes: a change would tear old and new duplicates apart.
        let bands = near_duplicate_bands("The quick brown fox jumps over the lazy dog.");
        // The expected numbers were computed from the description above by another program.
        assert_eq!(
            (bands[0], bands[1], bands[13]),
            (-4_591_907_332_975_415_565, -812_453_562_114_968_567, 5_207_500_112_073_727_778)
        );
    }

    proptest! {
        #[test]
        fn equal_normal_forms_have_equal_bands(words in prop::collection::vec("[a-z]{1,8}", 5..60)) {
            let (plain, shouted) = (words.join(" "), words.join(", ").to_uppercase());
            prop_assert_eq!(near_duplicate_bands(&plain), near_duplicate_bands(&shouted));
            prop_assert_eq!(near_duplicate_bands(&plain).len(), BANDS);
        }
    }
}
