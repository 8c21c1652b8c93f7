//! At least 80 % of the tokens must hold a letter.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`, which counts
//! punctuation marks as tokens, so that dense punctuation fails this rule.

use crate::{
    Family,
    characters::is_letter,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const BELOW_ALPHA: Letters = Letters { share_min: 0.8 };

/// The value is the share of tokens with a letter.
pub(super) struct Letters {
    share_min: f64,
}

impl Rule for Letters {
    fn name(&self) -> &'static str {
        "gopher_below_alpha_threshold"
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let words = text.words();
        Finding::at_least(ratio(words.with_letter, words.count()), self.share_min).shown_by(|| {
            let without = words.tokens.iter().filter(|token| !token.contains(is_letter));
            Some(without.copied().take(60).collect::<Vec<_>>().join(" "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn four_in_five_tokens_with_a_letter_pass() {
        assert!(passes(&BELOW_ALPHA, "one two three four ."));
        assert!(!passes(&BELOW_ALPHA, "one two three ."));
        assert_eq!(score(&BELOW_ALPHA, "one, 2.").evidence.as_deref(), Some(", 2 ."));
    }
}
