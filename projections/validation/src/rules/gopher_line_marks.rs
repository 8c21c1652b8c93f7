//! At most 90 % of the lines may start with a bullet, and at most 30 % may end with an ellipsis.
//!
//! Source: Rae et al. 2021 (arXiv:2112.11446), appendix A1; datatrove `gopher_quality_filter.py`, which takes `•` and
//! `-` for bullets.

use crate::{
    Family,
    characters::is_space,
    rule::{Finding, Rule, ratio},
    text_statistics::TextStatistics,
};

pub(super) const TOO_MANY_BULLETS: MarkedLines =
    MarkedLines { name: "gopher_too_many_bullets", marked: starts_with_bullet, share_max: 0.9 };
pub(super) const TOO_MANY_END_ELLIPSIS: MarkedLines =
    MarkedLines { name: "gopher_too_many_end_ellipsis", marked: ends_with_ellipsis, share_max: 0.3 };

/// The value is the share of marked lines.
pub(super) struct MarkedLines {
    name: &'static str,
    marked: fn(&str) -> bool,
    share_max: f64,
}

impl Rule for MarkedLines {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::GopherQuality
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let lines = text.lines();
        let marked = lines.iter().filter(|line| (self.marked)(line));
        let count = marked.clone().count() as u64;
        Finding::at_most(ratio(count, lines.len() as u64), self.share_max)
            .shown_by(|| marked.map(|line| (*line).to_owned()).next())
    }
}

fn starts_with_bullet(line: &str) -> bool {
    line.trim_start_matches(is_space).starts_with(['•', '-'])
}

fn ends_with_ellipsis(line: &str) -> bool {
    let line = line.trim_end_matches(is_space);
    line.ends_with("...") || line.ends_with('…')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn nine_bullets_in_ten_lines_pass() {
        assert!(passes(&TOO_MANY_BULLETS, &("  - a\n".repeat(5) + &"• b\n".repeat(4) + "c")));
        assert!(!passes(&TOO_MANY_BULLETS, &("- a\n".repeat(10) + "c")));
        assert_eq!(score(&TOO_MANY_BULLETS, "- only").evidence.as_deref(), Some("- only"));
    }

    #[test]
    fn three_open_ends_in_ten_lines_pass() {
        assert!(passes(&TOO_MANY_END_ELLIPSIS, &("a... \n".repeat(3) + &"b\n".repeat(7))));
        assert!(!passes(&TOO_MANY_END_ELLIPSIS, &("a…\n".repeat(4) + &"b\n".repeat(6))));
    }
}
