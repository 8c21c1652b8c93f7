//! At least 80 % of the words must hold a letter, words being what stands between white space.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1, in the reading of NeMo-Curator 1.4.0
//! (`WordsWithoutAlphabetsFilter(min_words_with_alphabets=0.8)`). datatrove counts every punctuation mark as a word
//! here (`gopher_below_alpha_threshold`), which refuses half of all technical manuals for their commas and brackets.

use crate::{
    Family,
    characters::{is_letter, is_space},
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const WORDS_WITH_LETTER: WordsWithLetter = WordsWithLetter { share_min: 0.8 };

/// The value is the share of words with a letter.
pub(super) struct WordsWithLetter {
    share_min: f64,
}

impl Rule for WordsWithLetter {
    fn name(&self) -> &'static str {
        "words_with_letter"
    }

    fn family(&self) -> Family {
        Family::NemoCurator
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let (mut with, mut all, mut shown) = (0, 0, None);
        for word in text.text.split(is_space).filter(|word| !word.is_empty()) {
            all += 1;
            if word.contains(is_letter) {
                with += 1;
            } else {
                shown.get_or_insert(word);
            }
        }
        Finding::at_least(ratio(with, all), self.share_min).shown_by(|| shown.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn four_words_in_five_with_a_letter_pass_and_marks_are_no_words() {
        assert!(passes(&WORDS_WITH_LETTER, "one, (two) three; four! 5"));
        assert!(!passes(&WORDS_WITH_LETTER, "one, (two) three; 5"));
        assert_eq!(score(&WORDS_WITH_LETTER, "a 12 %").evidence.as_deref(), Some("12"));
    }
}
