//! At least 12 % of the lines must end in a terminal mark, quotation marks not counted as one.
//!
//! Source: Penedo et al. 2024 (arXiv:2406.17557), section 3.6; datatrove `fineweb_quality_filter.py`.

use crate::{
    Family,
    characters::{ends_sentence, is_space},
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const LINE_PUNCT_RATIO: LineEnds = LineEnds { share_min: 0.12 };

/// The value is the share of lines, blank ones aside, that end in a terminal mark.
pub(super) struct LineEnds {
    share_min: f64,
}

impl Rule for LineEnds {
    fn name(&self) -> &'static str {
        "line_punct_ratio"
    }

    fn family(&self) -> Family {
        Family::FineWeb
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let (mut ended, mut all, mut open) = (0, 0, None);
        for line in filled_lines(text.text) {
            all += 1;
            let ends = line.ends_with(ends_sentence);
            ended += u64::from(ends);
            if !ends && open.is_none() {
                open = Some(line);
            }
        }
        Finding::at_least(ratio(ended, all), self.share_min).shown_by(|| open.map(str::to_owned))
    }
}

/// The lines between line feeds, without the blank ones. FineWeb looks at nothing else.
pub(super) fn filled_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.trim_matches(is_space).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn three_ended_lines_in_twenty_five_pass() {
        assert!(passes(&LINE_PUNCT_RATIO, &("End.\n\n".repeat(3) + &"open\n".repeat(22))));
        assert!(!passes(&LINE_PUNCT_RATIO, &("End.\n\n".repeat(3) + &"open\n".repeat(23))));
        assert!(passes(&LINE_PUNCT_RATIO, "終わり。"));
        assert_eq!(score(&LINE_PUNCT_RATIO, "\"Quoted.\"").evidence.as_deref(), Some("\"Quoted.\""));
    }
}
