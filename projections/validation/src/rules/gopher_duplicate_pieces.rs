//! At most 30 % of the lines, and of the paragraphs, may repeat an earlier one, and at most 20 % of the characters may
//! stand in such repeats.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), table A1; datatrove `gopher_repetition_filter.py`, which cuts paragraphs
//! at two or more line feeds of the trimmed text and lines at one or more of the text as it is.

use crate::{
    Family,
    characters::is_space,
    rule::{Finding, Rule, ratio},
    text_lines::{Repeats, split_at_line_feeds},
    text_statistics::TextStatistics,
};

pub(super) const DUP_PARA_FRAC: DuplicatePieces =
    DuplicatePieces { name: "dup_para_frac", pieces: paragraphs, measured: Measured::Pieces, share_max: 0.3 };
pub(super) const DUP_PARA_CHAR_FRAC: DuplicatePieces = DuplicatePieces {
    name: "dup_para_char_frac",
    pieces: paragraphs,
    measured: Measured::Characters,
    share_max: 0.2,
};
pub(super) const DUP_LINE_FRAC: DuplicatePieces =
    DuplicatePieces { name: "dup_line_frac", pieces: lines, measured: Measured::Pieces, share_max: 0.3 };
pub(super) const DUP_LINE_CHAR_FRAC: DuplicatePieces = DuplicatePieces {
    name: "dup_line_char_frac",
    pieces: lines,
    measured: Measured::Characters,
    share_max: 0.2,
};

/// The value is the share of repeats among the pieces, or of their characters in the text.
pub(super) struct DuplicatePieces {
    name: &'static str,
    pieces: fn(&str) -> Vec<&str>,
    measured: Measured,
    share_max: f64,
}

enum Measured {
    Pieces,
    Characters,
}

impl Rule for DuplicatePieces {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::GopherRepetition
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let repeats = Repeats::among((self.pieces)(text.text));
        let share = match self.measured {
            Measured::Pieces => ratio(repeats.repeated, repeats.pieces),
            Measured::Characters => ratio(repeats.repeated_chars, text.chars()),
        };
        Finding::at_most(share, self.share_max).shown_by(|| repeats.longest.map(str::to_owned))
    }
}

fn paragraphs(text: &str) -> Vec<&str> {
    split_at_line_feeds(text.trim_matches(is_space), 2)
}

fn lines(text: &str) -> Vec<&str> {
    split_at_line_feeds(text, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn three_repeats_in_ten_lines_pass() {
        assert!(passes(&DUP_LINE_FRAC, "a\nb\nc\nd\ne\nf\ng\na\na\na"));
        assert!(!passes(&DUP_LINE_FRAC, "a\nb\nc\nd\ne\nf\na\na\na"));
    }

    #[test]
    fn three_repeats_in_ten_paragraphs_pass() {
        assert!(passes(&DUP_PARA_FRAC, "a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\na\n\na\n\n\na\n\n"));
        assert!(!passes(&DUP_PARA_FRAC, "a\n\nb\n\nc\n\nd\n\ne\n\nf\n\na\n\na\n\na"));
    }

    #[test]
    fn a_fifth_of_the_characters_may_be_in_repeated_lines() {
        assert!(passes(&DUP_LINE_CHAR_FRAC, "abc\nabc\n1234567"));
        assert!(!passes(&DUP_LINE_CHAR_FRAC, "abc\nabc\n123456"));
        assert_eq!(score(&DUP_LINE_CHAR_FRAC, "abc\nabc").evidence.as_deref(), Some("abc"));
    }

    #[test]
    fn a_fifth_of_the_characters_may_be_in_repeated_paragraphs() {
        assert!(passes(&DUP_PARA_CHAR_FRAC, "abc\n\nabc\n\n12345"));
        assert!(!passes(&DUP_PARA_CHAR_FRAC, "abc\n\nabc\n\n1234"));
    }
}
