//! A text must hold at least one letter or digit.
//!
//! Source: our own; the least that can be asked of any text, and the only rule that decides in every profile.

use crate::{
    Family,
    rule::{Finding, Rule, number},
    text_statistics::TextStatistics,
};

pub(super) const HAS_WORDS: HasWords = HasWords;

/// The value is 1 if there is a letter or digit, otherwise 0.
pub(super) struct HasWords;

impl Rule for HasWords {
    fn name(&self) -> &'static str {
        "has_words"
    }

    fn family(&self) -> Family {
        Family::Elite
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let found = text.text.chars().any(char::is_alphanumeric);
        Finding::at_least(number(found.into()), 1.0)
            .shown_by(|| Some(format!("{} characters, none of them a letter or digit", text.chars())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn one_letter_of_any_script_is_enough() {
        assert!(passes(&HAS_WORDS, "…字") && passes(&HAS_WORDS, "7"));
        assert!(!passes(&HAS_WORDS, "") && !passes(&HAS_WORDS, "?! …"));
    }
}
