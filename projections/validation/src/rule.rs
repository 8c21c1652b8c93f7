//! What a rule is: a name, a family, and one measurement of a text held against one bound.
//!
//! Not which rules there are (that is `rules.rs`) nor which decide for a profile (that is the registry in it).

use event_model::family::knowledge::RuleScore;

use crate::text_statistics::TextStatistics;

/// Longest evidence, in characters, as the event's contract says.
pub(crate) const EVIDENCE_CHARS_MAX: usize = 200;

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Quality filter of Gopher (Rae et al. 2021, arXiv:2112.11446, appendix A1).
    GopherQuality,
    /// Repetition filter of Gopher (the same paper, table A1).
    GopherRepetition,
    /// Filter of C4 (Raffel et al. 2020, JMLR 21(140), section 2.2).
    C4,
    /// Custom filters of FineWeb (Penedo et al. 2024, arXiv:2406.17557, section 3.6).
    FineWeb,
    /// Filters of code models: Codex (Chen et al. 2021, arXiv:2107.03374, section 3.1) and `CodeParrot`.
    Code,
    /// Rules with the bounds of NeMo-Curator 1.4.0.
    NemoCurator,
    /// Our own.
    Elite,
}

/// What a rule's finding means for texts of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The text is accepted only if the rule passes, and the rule counts for its quality.
    Decides,
    /// Measured and recorded, without effect on the verdict.
    Informs,
    /// Not measured: it would say nothing about such a text.
    Silent,
}

/// One rule. Implementations keep no state, read nothing but the statistics, and must not panic on any text.
pub(crate) trait Rule: Sync {
    /// Unique name, recorded with every score; for the filters of datatrove its reason code.
    fn name(&self) -> &'static str;
    /// Raised whenever the rule may find something else in the same text.
    fn version(&self) -> u32 {
        1
    }
    /// Where the rule comes from.
    fn family(&self) -> Family;
    /// Measures a text.
    fn measure(&self, text: &TextStatistics<'_>) -> Finding;
}

/// What a rule measured in a text.
pub(crate) struct Finding {
    pub(crate) passed: bool,
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    evidence: Option<String>,
}

impl Finding {
    /// Passes if `value` is at most `threshold`.
    pub(crate) fn at_most(value: f64, threshold: f64) -> Self {
        Self { passed: value <= threshold, value, threshold, evidence: None }
    }

    /// Passes if `value` is at least `threshold`.
    pub(crate) fn at_least(value: f64, threshold: f64) -> Self {
        Self { passed: value >= threshold, value, threshold, evidence: None }
    }

    /// Adds what shows a failure, cut to the longest evidence allowed; a rule that passed has nothing to show.
    pub(crate) fn shown_by(mut self, evidence: impl FnOnce() -> Option<String>) -> Self {
        if !self.passed {
            self.evidence = evidence().map(|text| cut(&text));
        }
        self
    }

    /// The score to record.
    pub(crate) fn into_score(self, rule: &dyn Rule) -> RuleScore {
        RuleScore {
            rule: rule.name().to_owned(),
            version: rule.version(),
            passed: self.passed,
            value: self.value,
            threshold: self.threshold,
            evidence: self.evidence,
        }
    }
}

/// The first characters of a text, with an ellipsis where some were left out.
fn cut(text: &str) -> String {
    match text.char_indices().nth(EVIDENCE_CHARS_MAX) {
        None => text.to_owned(),
        Some(_) => text.chars().take(EVIDENCE_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// `part / whole`, and 0 for a part of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of characters stay far below 2^53")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A count as a number that can be held against a threshold.
#[expect(clippy::cast_precision_loss, reason = "counts of characters stay far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_cut_at_two_hundred_characters_not_bytes() {
        assert_eq!(cut(&"é".repeat(200)), "é".repeat(200));
        let long = cut(&"é".repeat(201));
        assert_eq!(long.chars().count(), 200);
        assert!(long.ends_with("é…"));
    }

    #[test]
    fn bounds_belong_to_the_passing_side() {
        assert!(Finding::at_most(0.3, 0.3).passed && Finding::at_least(0.3, 0.3).passed);
        assert!(!Finding::at_most(0.31, 0.3).passed && !Finding::at_least(0.29, 0.3).passed);
    }
}
