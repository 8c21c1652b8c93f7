//! Runs of 5 to 10 words that repeat an earlier one may hold at most 15 % to 10 % of the characters.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), table A1; datatrove `gopher_repetition_filter.py`, whose characters are
//! those of the words without the spaces between them.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const DUPLICATED_N_GRAMS: [DuplicateNGrams; 6] = [
    DuplicateNGrams { name: "duplicated_5_n_grams", n: 5, share_max: 0.15 },
    DuplicateNGrams { name: "duplicated_6_n_grams", n: 6, share_max: 0.14 },
    DuplicateNGrams { name: "duplicated_7_n_grams", n: 7, share_max: 0.13 },
    DuplicateNGrams { name: "duplicated_8_n_grams", n: 8, share_max: 0.12 },
    DuplicateNGrams { name: "duplicated_9_n_grams", n: 9, share_max: 0.11 },
    DuplicateNGrams { name: "duplicated_10_n_grams", n: 10, share_max: 0.10 },
];

/// The value is the share of the text's characters in repeated runs.
pub(super) struct DuplicateNGrams {
    name: &'static str,
    n: usize,
    share_max: f64,
}

impl Rule for DuplicateNGrams {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::GopherRepetition
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let words = text.words();
        let repeated = words.n_grams.repeated(self.n);
        let chars = repeated.starts.iter().map(|start| words.run_chars(*start, self.n)).sum();
        Finding::at_most(ratio(chars, text.chars()), self.share_max)
            .shown_by(|| repeated.starts.first().map(|start| words.run_text(*start, self.n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    /// Twice `n` words of `chars` letters together, and one long word that makes the text `length` characters long.
    fn text(n: usize, chars: usize, length: usize) -> String {
        let mut run: Vec<String> = ('a'..='z').take(n).map(String::from).collect();
        run[n - 1].push_str(&"z".repeat(chars - n));
        let twice = format!("{0} {0} ", run.join(" "));
        let missing = length - twice.len();
        twice + &"x".repeat(missing)
    }

    #[test]
    fn repeated_runs_may_hold_the_share_of_the_table() {
        for (rule, percent) in DUPLICATED_N_GRAMS.iter().zip([15, 14, 13, 12, 11, 10]) {
            assert!(passes(rule, &text(rule.n, percent, 100)), "{}", rule.name);
            assert!(!passes(rule, &text(rule.n, percent + 1, 100)), "{}", rule.name);
        }
    }

    #[test]
    fn the_first_repeat_is_shown() {
        let evidence = score(&DUPLICATED_N_GRAMS[0], "a b c d e a b c d e").evidence;
        assert_eq!(evidence.as_deref(), Some("a b c d e"));
    }
}
