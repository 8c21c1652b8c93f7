//! The mean length of the words must be 3 to 10 characters.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const BELOW_AVG: ShortWords = ShortWords { mean_chars_min: 3.0 };
pub(super) const ABOVE_AVG: LongWords = LongWords { mean_chars_max: 10.0 };

/// The value is the mean length of a word, in characters; 0 for a text without words.
pub(super) struct ShortWords {
    mean_chars_min: f64,
}

impl Rule for ShortWords {
    fn name(&self) -> &'static str {
        "gopher_below_avg_threshold"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        Finding::at_least(mean_chars(text), self.mean_chars_min)
    }
}

/// The value is the mean length of a word, in characters; 0 for a text without words.
pub(super) struct LongWords {
    mean_chars_max: f64,
}

impl Rule for LongWords {
    fn name(&self) -> &'static str {
        "gopher_above_avg_threshold"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        Finding::at_most(mean_chars(text), self.mean_chars_max).shown_by(|| {
            let words = text.words();
            let lengths = words.tokens.iter().zip(&words.token_chars);
            lengths.max_by_key(|(_, chars)| **chars).map(|(word, _)| (*word).to_owned())
        })
    }
}

fn mean_chars(text: &TextStatistics<'_>) -> f64 {
    ratio(text.words().proper_chars, text.words().proper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn words_of_three_letters_are_long_enough() {
        assert!(passes(&BELOW_AVG, "one two, six !"));
        assert!(!passes(&BELOW_AVG, "one two to"));
    }

    #[test]
    fn words_of_ten_letters_are_short_enough() {
        assert!(passes(&ABOVE_AVG, "strawberry abcdefghij"));
        assert!(!passes(&ABOVE_AVG, "strawberry abcdefghijk"));
        assert_eq!(score(&ABOVE_AVG, "strawberry abcdefghijk").evidence.as_deref(), Some("abcdefghijk"));
    }
}
