//! Lines of code may be 100 characters long on average and 1000 at most: beyond is minified code or data.
//!
//! Source: Chen et al. 2021 (Codex, arXiv:2107.03374, section 3.1); the same bounds in `CodeParrot` and The Stack.

use crate::{
    Family,
    rule::{Finding, Rule, number, ratio},
    text_lines::chars,
    text_statistics::TextStatistics,
};

pub(super) const CODE_LINE_LENGTH_MEAN: MeanLineLength = MeanLineLength { chars_max: 100.0 };
pub(super) const CODE_LINE_LENGTH_MAX: LongestLine = LongestLine { chars_max: 1000.0 };

/// The value is the mean length of a line, in characters.
pub(super) struct MeanLineLength {
    chars_max: f64,
}

impl Rule for MeanLineLength {
    fn name(&self) -> &'static str {
        "code_line_length_mean"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let lines = text.lines();
        let all = lines.iter().map(|line| chars(line)).sum();
        Finding::at_most(ratio(all, lines.len() as u64), self.chars_max)
    }
}

/// The value is the length of the longest line, in characters.
pub(super) struct LongestLine {
    chars_max: f64,
}

impl Rule for LongestLine {
    fn name(&self) -> &'static str {
        "code_line_length_max"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let lines = text.lines().iter().map(|line| (chars(line), *line));
        let (length, longest) = lines.max_by_key(|(length, _)| *length).unwrap_or_default();
        Finding::at_most(number(length), self.chars_max).shown_by(|| Some(longest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn lines_of_a_hundred_characters_on_average_pass() {
        assert!(passes(&CODE_LINE_LENGTH_MEAN, &format!("{}\n{}", "é".repeat(50), "b".repeat(150))));
        assert!(!passes(&CODE_LINE_LENGTH_MEAN, &format!("{}\n{}", "é".repeat(50), "b".repeat(151))));
    }

    #[test]
    fn a_line_of_a_thousand_characters_passes() {
        assert!(passes(&CODE_LINE_LENGTH_MAX, &format!("a\n{}\n", "é".repeat(1000))));
        assert!(!passes(&CODE_LINE_LENGTH_MAX, &format!("a\n{}\n", "é".repeat(1001))));
    }
}
