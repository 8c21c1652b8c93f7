//! At least 80 % of the characters must stand in lines that repeat no earlier one: a text that goes in circles is not an
//! answer.
//!
//! Source: `RepeatedLinesByCharFilter(max_repeated_lines_char_ratio=0.8)` of NeMo-Curator 1.4.0, which keeps a document
//! whose share of characters in unique lines is at least 0.8. By characters, because the short lines of a code block
//! (`}`) repeat in any good answer. A blank line is no line.

use crate::{
    Family,
    characters::is_space,
    rule::{Finding, Rule, ratio},
    text_lines::{Repeats, chars},
    text_statistics::TextStatistics,
};

pub(super) const UNIQUE_LINES: UniqueLines = UniqueLines { share_min: 0.8 };

/// The value is the share of characters in lines that repeat no earlier one.
pub(super) struct UniqueLines {
    share_min: f64,
}

impl Rule for UniqueLines {
    fn name(&self) -> &'static str {
        "unique_lines"
    }

    fn family(&self) -> Family {
        Family::NemoCurator
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let lines =
            || text.lines().iter().map(|line| line.trim_matches(is_space)).filter(|line| !line.is_empty());
        let repeats = Repeats::among(lines());
        let all = lines().map(chars).sum();
        // Nothing at all repeats nothing.
        let share = 1.0 - ratio(repeats.repeated_chars, all);
        Finding::at_least(share, self.share_min).shown_by(|| repeats.longest.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn a_fifth_of_the_characters_may_be_in_repeated_lines() {
        let line = "abcd".repeat(50);
        assert!(passes(&UNIQUE_LINES, &format!("{line}\n{}\n\n  {line}", "x".repeat(600))));
        assert!(!passes(&UNIQUE_LINES, &format!("{line}\n{}\n{line}", "x".repeat(599))));
        assert_eq!(score(&UNIQUE_LINES, "same\nsame").evidence.as_deref(), Some("same"));
        assert!(passes(&UNIQUE_LINES, "fn a() {\n    one();\n}\nfn b() {\n    two();\n}"));
    }
}
