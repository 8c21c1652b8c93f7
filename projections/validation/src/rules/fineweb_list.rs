//! At most 30 line feeds for every 100 words: more is a list, not prose.
//!
//! Source: datatrove `fineweb_quality_filter.py` (`list_ratio`), which counts punctuation marks as words.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const LIST_RATIO: ListRatio = ListRatio { line_feeds_per_word_max: 0.3 };

/// The value is the number of line feeds for each word.
pub(super) struct ListRatio {
    line_feeds_per_word_max: f64,
}

impl Rule for ListRatio {
    fn name(&self) -> &'static str {
        "list_ratio"
    }

    fn family(&self) -> Family {
        Family::FineWeb
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let line_feeds = text.text.matches('\n').count() as u64;
        Finding::at_most(ratio(line_feeds, text.words().count()), self.line_feeds_per_word_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn thirty_line_feeds_in_a_hundred_words_pass() {
        assert!(passes(&LIST_RATIO, &("a b c\n".repeat(30) + &"d ".repeat(10))));
        assert!(!passes(&LIST_RATIO, &("a b c\n".repeat(31) + &"d ".repeat(7))));
    }
}
