//! The most frequent run of 2, 3 or 4 words may make up at most 20 %, 18 % or 16 % of the characters.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), table A1; datatrove `gopher_repetition_filter.py`. As there, a run that
//! occurs once counts too, so a text of a few words always fails.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const TOP_N_GRAMS: [TopNGram; 3] = [
    TopNGram { name: "top_2_gram", n: 2, share_max: 0.20 },
    TopNGram { name: "top_3_gram", n: 3, share_max: 0.18 },
    TopNGram { name: "top_4_gram", n: 4, share_max: 0.16 },
];

/// The value is the run's length with single spaces, times its count, as a share of the text's length.
pub(super) struct TopNGram {
    name: &'static str,
    n: usize,
    share_max: f64,
}

impl Rule for TopNGram {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::GopherRepetition
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let words = text.words();
        let top = words.n_grams.top(self.n);
        let chars = top.as_ref().map_or(0, |top| {
            let spaces = self.n as u64 - 1;
            (words.run_chars(top.first, self.n) + spaces) * top.count
        });
        Finding::at_most(ratio(chars, text.chars()), self.share_max)
            .shown_by(|| top.map(|top| format!("{} times: {}", top.count, words.run_text(top.first, self.n))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    /// `runs` times `run`, and other words up to 100 characters in all.
    fn text(run: &str, runs: usize) -> String {
        let different = ('a'..='z').take(runs).map(|filler| format!("{run} {filler} "));
        let text: String = different.collect();
        let missing = 100 - text.len();
        text + &"x".repeat(missing)
    }

    #[test]
    fn a_fifth_of_the_text_may_be_one_pair_of_words() {
        assert!(passes(&TOP_N_GRAMS[0], &text("ab cd", 4)));
        assert!(!passes(&TOP_N_GRAMS[0], &text("ab cde", 4)));
        let evidence = score(&TOP_N_GRAMS[0], &text("ab cde", 4)).evidence;
        assert_eq!(evidence.as_deref(), Some("4 times: ab cde"));
    }

    #[test]
    fn longer_runs_have_lower_bounds() {
        assert!(passes(&TOP_N_GRAMS[1], &text("a b ef", 3)));
        assert!(!passes(&TOP_N_GRAMS[1], &text("a b efg", 3)));
        assert!(passes(&TOP_N_GRAMS[2], &text("a b c ef", 2)));
        assert!(!passes(&TOP_N_GRAMS[2], &text("a b c efg", 2)));
    }

    #[test]
    fn a_text_of_two_words_fails_and_of_one_passes() {
        assert!(!passes(&TOP_N_GRAMS[0], "Certainly not"));
        assert!(passes(&TOP_N_GRAMS[0], "No"));
    }
}
