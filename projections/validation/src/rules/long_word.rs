//! No word may be longer than 1000 characters: such a word is encoded data or lost white space.
//!
//! Source: `LongWordFilter(max_word_length=1000)` of NeMo-Curator 1.4.0, which has it from C4. Words are cut at white
//! space.

use crate::{
    Family,
    characters::is_space,
    rule::{Finding, Rule, number},
    text_lines::chars,
    text_statistics::TextStatistics,
};

pub(super) const LONG_WORD: LongWord = LongWord { chars_max: 1000.0 };

/// The value is the length of the longest word, in characters.
pub(super) struct LongWord {
    chars_max: f64,
}

impl Rule for LongWord {
    fn name(&self) -> &'static str {
        "long_word"
    }

    fn family(&self) -> Family {
        Family::NemoCurator
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let words = text.text.split(is_space).map(|word| (chars(word), word));
        let (length, longest) = words.max_by_key(|(length, _)| *length).unwrap_or_default();
        Finding::at_most(number(length), self.chars_max).shown_by(|| Some(longest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn a_word_of_1001_characters_is_too_long() {
        assert!(passes(&LONG_WORD, &format!("a {} b", "é".repeat(1000))));
        assert!(!passes(&LONG_WORD, &format!("a {} b", "é".repeat(1001))));
    }
}
