//! At least two of eight common English words must occur, in lower case.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`, which counts different
//! words and minds their case.

use crate::{
    Family,
    rule::{Finding, Rule, number},
    text_statistics::TextStatistics,
};

const WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

pub(super) const STOP_WORDS: StopWords = StopWords { different_min: 2.0 };

/// The value is the number of different stop words.
pub(super) struct StopWords {
    different_min: f64,
}

impl Rule for StopWords {
    fn name(&self) -> &'static str {
        "gopher_enough_stop_words"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let tokens = &text.words().tokens;
        let different = WORDS.iter().filter(|word| tokens.contains(word)).count();
        Finding::at_least(number(different as u64), self.different_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn two_different_stop_words_are_enough() {
        assert!(passes(&STOP_WORDS, "salt and the sea"));
        assert!(!passes(&STOP_WORDS, "the the salt The sea And"));
    }
}
