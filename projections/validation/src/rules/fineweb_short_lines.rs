//! At most 67 % of the lines may have 30 characters or fewer.
//!
//! Source: Penedo et al. 2024 (arXiv:2406.17557), section 3.6; datatrove `fineweb_quality_filter.py`.

use super::fineweb_line_ends::filled_lines;
use crate::{
    Family,
    rule::{Finding, Rule, ratio},
    text_lines::chars,
    text_statistics::TextStatistics,
};

pub(super) const SHORT_LINE_RATIO: ShortLines = ShortLines { line_chars_max: 30, share_max: 0.67 };

/// The value is the share of short lines, blank ones aside.
pub(super) struct ShortLines {
    line_chars_max: u64,
    share_max: f64,
}

impl Rule for ShortLines {
    fn name(&self) -> &'static str {
        "short_line_ratio"
    }

    fn family(&self) -> Family {
        Family::FineWeb
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let (mut short, mut all, mut shown) = (0, 0, None);
        for line in filled_lines(text.text) {
            all += 1;
            if chars(line) <= self.line_chars_max {
                short += 1;
                shown.get_or_insert(line);
            }
        }
        Finding::at_most(ratio(short, all), self.share_max).shown_by(|| shown.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::passes;

    #[test]
    fn two_thirds_of_short_lines_pass_and_three_quarters_do_not() {
        let (short, long) = (format!("{}\n\n", "é".repeat(30)), format!("{}\n", "é".repeat(31)));
        assert!(passes(&SHORT_LINE_RATIO, &(short.repeat(2) + &long)));
        assert!(passes(&SHORT_LINE_RATIO, &(short.repeat(67) + &long.repeat(33))));
        assert!(!passes(&SHORT_LINE_RATIO, &(short.repeat(68) + &long.repeat(32))));
    }
}
