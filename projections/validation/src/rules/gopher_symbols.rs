//! At most one hash sign, and at most one ellipsis, for every ten words.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`, which counts
//! punctuation marks as words here.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const TOO_MANY_HASHES: Symbols =
    Symbols { name: "gopher_too_many_hashes", spellings: &["#"], per_word_max: 0.1 };
pub(super) const TOO_MANY_ELLIPSIS: Symbols =
    Symbols { name: "gopher_too_many_ellipsis", spellings: &["...", "…"], per_word_max: 0.1 };

/// The value is the number of occurrences of the symbols for each word.
pub(super) struct Symbols {
    name: &'static str,
    spellings: &'static [&'static str],
    per_word_max: f64,
}

impl Rule for Symbols {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let count: usize = self.spellings.iter().map(|spelling| text.text.matches(spelling).count()).sum();
        Finding::at_most(ratio(count as u64, text.words().count()), self.per_word_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn one_hash_in_ten_tokens_passes() {
        assert!(passes(&TOO_MANY_HASHES, "a b c d e f g h i #"));
        assert!(!passes(&TOO_MANY_HASHES, "a b c d e f g h #"));
    }

    #[test]
    fn both_spellings_of_an_ellipsis_count() {
        assert!(passes(&TOO_MANY_ELLIPSIS, "a b c d e f g h i ..."));
        assert!(!passes(&TOO_MANY_ELLIPSIS, "a b c d e f g h …"));
        assert!(!passes(&TOO_MANY_ELLIPSIS, "a b c d e f g h i ... j k l m n o p …"));
    }
}
