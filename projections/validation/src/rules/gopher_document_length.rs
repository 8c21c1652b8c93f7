//! A document must have 50 to 100,000 words, punctuation marks not counted.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`.

use crate::{
    Family,
    rule::{Finding, Rule, number},
    text_statistics::TextStatistics,
};

pub(super) const SHORT_DOC: ShortDocument = ShortDocument { words_min: 50.0 };
pub(super) const LONG_DOC: LongDocument = LongDocument { words_max: 100_000.0 };

/// The value is the number of words.
pub(super) struct ShortDocument {
    words_min: f64,
}

impl Rule for ShortDocument {
    fn name(&self) -> &'static str {
        "gopher_short_doc"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        Finding::at_least(number(text.words().proper), self.words_min)
    }
}

/// The value is the number of words.
pub(super) struct LongDocument {
    words_max: f64,
}

impl Rule for LongDocument {
    fn name(&self) -> &'static str {
        "gopher_long_doc"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        Finding::at_most(number(text.words().proper), self.words_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn fifty_words_are_enough_and_marks_are_no_words() {
        assert!(passes(&SHORT_DOC, &"word ".repeat(50)));
        assert!(!passes(&SHORT_DOC, &"word ".repeat(49)));
        assert!(!passes(&SHORT_DOC, &("word, ".repeat(49) + "!")));
    }

    #[test]
    fn a_hundred_thousand_words_are_not_too_many() {
        assert!(passes(&LONG_DOC, &"a ".repeat(100_000)));
        assert!(!passes(&LONG_DOC, &"a ".repeat(100_001)));
    }
}
