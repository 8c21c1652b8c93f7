//! At most 1 % of the characters may stand in lines that repeat an earlier one.
//!
//! Source: datatrove `fineweb_quality_filter.py`, whose default is 0.01. The text of the paper (Penedo et al. 2024,
//! arXiv:2406.17557, section 3.6) says 0.1; the code made the data set, so the code is followed.

use super::fineweb_line_ends::filled_lines;
use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_lines::Repeats,
    text_statistics::TextStatistics,
};

pub(super) const CHAR_DUP_RATIO: DuplicateCharacters = DuplicateCharacters { share_max: 0.01 };

/// The value is the share of characters, line feeds aside, in repeated lines.
pub(super) struct DuplicateCharacters {
    share_max: f64,
}

impl Rule for DuplicateCharacters {
    fn name(&self) -> &'static str {
        "char_dup_ratio"
    }

    fn family(&self) -> Family {
        Family::FineWeb
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let repeats = Repeats::among(filled_lines(text.text));
        let line_feeds = text.text.matches('\n').count() as u64;
        Finding::at_most(ratio(repeats.repeated_chars, text.chars() - line_feeds), self.share_max)
            .shown_by(|| repeats.longest.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn one_character_in_a_hundred_may_be_repeated() {
        assert!(passes(&CHAR_DUP_RATIO, &format!("a\na\n{}", "b".repeat(98))));
        assert!(!passes(&CHAR_DUP_RATIO, &format!("a\na\n{}", "b".repeat(97))));
    }
}
