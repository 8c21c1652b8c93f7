//! At least a quarter of the characters of code must be letters or digits.
//!
//! Source: Chen et al. 2021 (Codex, arXiv:2107.03374, section 3.1) asks for it without a number; `CodeParrot` and The
//! Stack use 0.25, as does `AlphaFilter(min_alpha_ratio=0.25)` of NeMo-Curator 1.4.0 for letters alone.

use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const CODE_ALPHANUMERIC_SHARE: AlphanumericShare = AlphanumericShare { share_min: 0.25 };

/// The value is the share of letters and digits among all characters, white space too.
pub(super) struct AlphanumericShare {
    share_min: f64,
}

impl Rule for AlphanumericShare {
    fn name(&self) -> &'static str {
        "code_alphanumeric_share"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let alphanumeric = text.text.chars().filter(|c| c.is_alphanumeric()).count() as u64;
        Finding::at_least(ratio(alphanumeric, text.chars()), self.share_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn one_letter_in_four_characters_passes() {
        assert!(passes(&CODE_ALPHANUMERIC_SHARE, "a = 1;\n}"));
        assert!(passes(&CODE_ALPHANUMERIC_SHARE, "é{};"));
        assert!(!passes(&CODE_ALPHANUMERIC_SHARE, "a{};;"));
    }
}
