//! What is said of a whole text, in the space of one event.

use std::collections::BTreeMap;

use event_model::family::check::{CheckScore, CheckedClaim, ClaimCounts, ClaimVerdict, KnowledgeChecked};

use super::{claims::Claim, count};

/// Most bytes of the data of an event: sealed, a third more, it still fits into 64 KiB.
const BYTES_MAX: usize = 40_000;
/// Most claims told.
const CLAIMS_MAX: usize = 48;

/// The claims of a text, in its order, and what they come to.
pub(super) struct Report {
    pub(super) claims: Vec<Claim>,
    pub(super) score: Option<CheckScore>,
    pub(super) cannot_say: Option<String>,
}

impl Report {
    /// The report on `claims`. Where passages overlap a claim is told once.
    pub(super) fn of(claims: Vec<Claim>) -> Self {
        let mut by_place: BTreeMap<(u32, u32), Claim> = BTreeMap::new();
        for claim in claims {
            let range = claim.checked.range;
            by_place.entry((range.start, range.end)).or_insert(claim);
        }
        let claims: Vec<Claim> = by_place.into_values().collect();
        let score = mean(&claims);
        let cannot_say = if score.is_some() { None } else { Some(reason(&claims)) };
        Self { claims, score, cannot_say }
    }

    /// How many claims of each verdict.
    pub(super) fn counts(&self) -> ClaimCounts {
        let of = |verdict| count(self.claims.iter().filter(|claim| claim.checked.verdict == verdict).count());
        ClaimCounts {
            claims: count(self.claims.len()),
            supported: of(ClaimVerdict::Supported),
            unsupported: of(ClaimVerdict::Unsupported),
            unclear: of(ClaimVerdict::Unclear),
            cannot_say: of(ClaimVerdict::CannotSay),
        }
    }

    /// The event with as many claims as fit, the least supported first.
    pub(super) fn into_event(self, mut checked: KnowledgeChecked) -> KnowledgeChecked {
        let all = self.claims.len();
        let mut claims: Vec<CheckedClaim> = self.claims.into_iter().map(|claim| claim.checked).collect();
        claims.sort_by(|one, other| rank(one).partial_cmp(&rank(other)).unwrap_or(std::cmp::Ordering::Equal));
        claims.truncate(CLAIMS_MAX);
        checked.claims = claims;
        while size(&checked) > BYTES_MAX && checked.claims.pop().is_some() {}
        checked.claims_left_out = count(all - checked.claims.len());
        checked
    }
}

/// By verdict, then by score; those of which nothing can be said are last.
fn rank(claim: &CheckedClaim) -> (ClaimVerdict, f64, u32) {
    (claim.verdict, claim.score.map_or(1.0, |score| score.value.into()), claim.range.start)
}

fn size(checked: &KnowledgeChecked) -> usize {
    serde_json::to_vec(checked).map_or(usize::MAX, |bytes| bytes.len())
}

/// The mean of the scores, and of the ends of their intervals.
fn mean(claims: &[Claim]) -> Option<CheckScore> {
    let scores: Vec<CheckScore> = claims.iter().filter_map(|claim| claim.checked.score).collect();
    if scores.is_empty() {
        return None;
    }
    let number = f64::from(count(scores.len()));
    let mean = |of: fn(&CheckScore) -> f64| (scores.iter().map(of).sum::<f64>() / number).min(1.0);
    let (low, high) = (mean(|score| score.low.into()), mean(|score| score.high.into()));
    CheckScore::new(mean(|score| score.value.into()), low, high)
}

/// Why nothing can be said, for most claims.
fn reason(claims: &[Claim]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in claims.iter().filter_map(|claim| claim.checked.cannot_say.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    reasons.into_iter().max_by_key(|(_, number)| *number).map_or("no_claim", |(reason, _)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use event_model::{
        BlobRef, TextRange,
        family::check::{CheckedText, ClaimMismatch},
    };

    use super::*;

    fn claim(at: u32, value: Option<f64>, text: &str) -> Claim {
        let score = value.and_then(|value| CheckScore::new(value, value / 2.0, value));
        let verdict = match value {
            None => ClaimVerdict::CannotSay,
            Some(value) if value < 0.5 => ClaimVerdict::Unsupported,
            Some(_) => ClaimVerdict::Supported,
        };
        let checked = CheckedClaim {
            range: TextRange { start: at, end: at + 5 },
            text: text.into(),
            verdict,
            cannot_say: score.is_none().then(|| "unrelated".to_owned()),
            score,
            evidence: None,
            supported: Vec::new(),
            missing: vec![TextRange { start: at, end: at + 5 }; 8],
            mismatches: vec![ClaimMismatch { kind: "number".into(), claim: None, evidence: None }; 8],
            likeness: None,
            judged: None,
        };
        Claim { checked, evidence: None, support: None }
    }

    fn event(report: Report) -> KnowledgeChecked {
        let checked = KnowledgeChecked {
            of: CheckedText::Document { parsed: BlobRef::of(b"x") },
            checker_version: 1,
            trust: "t".into(),
            evidence_documents: 1,
            judge: "support/1".into(),
            score: report.score,
            cannot_say: report.cannot_say.clone(),
            counts: report.counts(),
            claims: Vec::new(),
            claims_left_out: 0,
            passages: 1,
            passages_left_out: 0,
            by_meaning: false,
            model: None,
        };
        report.into_event(checked)
    }

    #[test]
    fn the_least_supported_come_first_and_what_cannot_be_said_last() {
        let claims = vec![claim(0, None, "a"), claim(10, Some(0.9), "b"), claim(20, Some(0.1), "c")];
        let told = event(Report::of(claims));
        let texts: Vec<&str> = told.claims.iter().map(|claim| claim.text.as_str()).collect();
        assert_eq!(texts, ["c", "b", "a"]);
        assert!((f64::from(told.score.unwrap().value) - 0.5).abs() < 1e-9);
        assert_eq!(
            told.counts,
            ClaimCounts { claims: 3, supported: 1, unsupported: 1, unclear: 0, cannot_say: 1 }
        );
    }

    #[test]
    fn without_a_score_the_reason_is_that_of_most_claims() {
        let mut other = claim(0, None, "a");
        other.checked.cannot_say = Some("no_claim".into());
        let told = event(Report::of(vec![other, claim(10, None, "b"), claim(20, None, "c")]));
        assert_eq!((told.score, told.cannot_say.as_deref()), (None, Some("unrelated")));
        assert_eq!(event(Report::of(Vec::new())).cannot_say.as_deref(), Some("no_claim"));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let long = "\"\u{e4}".repeat(150);
        let claims = (0..200).map(|at| claim(10 * at, Some(0.4), &long)).collect();
        let told = event(Report::of(claims));
        assert!(size(&told) <= BYTES_MAX && !told.claims.is_empty(), "{}", size(&told));
        assert_eq!(told.claims.len() + told.claims_left_out as usize, 200);
        assert_eq!(told.counts.unsupported, 200, "what is left out is counted, too");
    }

    #[test]
    fn a_claim_in_two_passages_is_one() {
        assert_eq!(Report::of(vec![claim(0, None, "a"), claim(0, None, "a")]).claims.len(), 1);
    }
}
