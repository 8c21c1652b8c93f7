//! The claims of a passage, each held against the evidence that speaks most of it.
//!
//! Which evidence that is, is decided by how many of the claim's words it has, not by the score it gives: scores are calibrated for one
//! look at one piece of evidence, and the best of many looks would be too high. They are calibrated, too, for evidence that speaks of what
//! the claim speaks of: where it has less than half of the claim's words, nothing is said.

use std::{cmp::Ordering, sync::Arc};

use event_model::{
    TextRange,
    family::check::{CheckScore, CheckedClaim, ClaimEvidence, ClaimMismatch, ClaimVerdict},
};
use read_models::query::Evidence;
use validation::{CannotSay, ClaimSupport, Judgement, Mismatch, MismatchKind, shared_words, support};

use super::{Passage, count, moved};

/// Most characters quoted of a claim and of its evidence, and of a name.
pub(super) const TEXT_CHARACTERS_MAX: usize = 300;
/// Most ranges of one kind told of a claim.
const RANGES_MAX: usize = 8;
/// Fewest words of a claim: shorter ones are headings and labels.
const CLAIM_WORDS_MIN: usize = 3;
/// Fewest words that a claim and its evidence share. With this and half of the claim's words 519 of the 708 pairs of FEVER-Symmetric dev
/// are left; of those that are then called supported 0.90 are, of the unsupported 0.21. On other pages than an encyclopaedia's, what
/// shares less was brought together by a common word or two.
const SHARED_MIN: usize = 2;
/// Scores from here on tell that a claim is supported: below, the sources rather say otherwise.
const EVEN: f64 = 0.5;

/// A claim, and the passage that speaks most of it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) checked: CheckedClaim,
    pub(super) evidence: Option<Arc<Evidence>>,
    /// What was measured, where there is evidence.
    pub(super) support: Option<ClaimSupport>,
}

/// One look at one piece of evidence.
struct Look {
    support: ClaimSupport,
    evidence: Arc<Evidence>,
}

/// The claims of `passage` in its order.
pub(super) fn of(passage: &Passage, evidence: Vec<Evidence>) -> Vec<Claim> {
    let mut best: Vec<Option<Look>> = Vec::new();
    for evidence in evidence.into_iter().map(Arc::new) {
        let claims = support(&passage.text, &evidence.text).claims;
        best.resize_with(claims.len().max(best.len()), || None);
        for (best, support) in best.iter_mut().zip(claims) {
            let look = Look { support, evidence: Arc::clone(&evidence) };
            if best.as_ref().is_none_or(|best| best.order(&look) == Ordering::Less) {
                *best = Some(look);
            }
        }
    }
    if best.is_empty() {
        let alone = support(&passage.text, "").claims;
        return alone.iter().filter_map(|found| claim(passage, found, None)).collect();
    }
    let claims = best.into_iter().flatten().filter_map(|look| {
        let found = claim(passage, &look.support, Some(look.evidence))?;
        Some(Claim { support: Some(look.support), ..found })
    });
    claims.collect()
}

impl Claim {
    /// Says what another measure of the same claim and evidence comes to.
    pub(super) fn scored(&mut self, support: ClaimSupport) {
        if let Judgement::Score(score) = support.judgement {
            self.checked.score = CheckScore::new(score.value, score.low, score.high);
            self.checked.verdict = verdict(self.checked.score.as_ref(), &support.mismatches);
        }
        self.support = Some(support);
    }
}

impl Look {
    /// Which of two looks tells more: the one that finds more of the claim, in the source that is trusted more, with the higher score.
    fn order(&self, other: &Self) -> Ordering {
        let by_words = coverage(&self.support).total_cmp(&coverage(&other.support));
        let by_trust = self.evidence.trust.cmp(&other.evidence.trust);
        by_words.then(by_trust).then_with(|| value(&self.support).total_cmp(&value(&other.support)))
    }
}

/// How much of the claim's words the evidence has; less than nothing where it has none.
fn coverage(support: &ClaimSupport) -> f64 {
    let of =
        |name: &str| support.signals.iter().find(|signal| signal.name == name).map(|signal| signal.value);
    match (of("predicate_coverage"), of("subject_coverage")) {
        (Some(predicate), Some(subject)) => predicate + subject,
        _ => -1.0,
    }
}

fn value(support: &ClaimSupport) -> f64 {
    match support.judgement {
        Judgement::Score(score) => score.value,
        Judgement::CannotSay(_) => -1.0,
    }
}

/// A claim as it is told; none of what is too short to be one.
fn claim(passage: &Passage, found: &ClaimSupport, evidence: Option<Arc<Evidence>>) -> Option<Claim> {
    let text = cut(&passage.text, found.claim);
    if text.split_whitespace().count() < CLAIM_WORDS_MIN {
        return None;
    }
    let (score, cannot_say) = match found.judgement {
        Judgement::Score(_) if !share_a_subject(&passage.text, &text, found) => {
            (None, Some("unrelated".to_owned()))
        }
        Judgement::Score(score) => (CheckScore::new(score.value, score.low, score.high), None),
        Judgement::CannotSay(reason) => (None, Some(reason_of(reason, evidence.is_some()).to_owned())),
    };
    let evidence = evidence.filter(|_| score.is_some());
    let is_said = score.is_some();
    let (supported, mismatches) =
        if is_said { (found.supported.as_slice(), found.mismatches.as_slice()) } else { (&[][..], &[][..]) };
    let missing = if is_said { found.missing.as_slice() } else { std::slice::from_ref(&found.claim) };
    let here = |range: &TextRange| moved(*range, passage.start);
    let there = |range: &TextRange| moved(*range, start_of(evidence.as_deref()));
    let mismatch = |found: &Mismatch| ClaimMismatch {
        kind: kind_of(found.kind).to_owned(),
        claim: found.claim.as_ref().map(here),
        evidence: found.evidence.as_ref().map(there),
    };
    let checked = CheckedClaim {
        range: here(&found.claim),
        text: text.chars().take(TEXT_CHARACTERS_MAX).collect(),
        verdict: verdict(score.as_ref(), &found.mismatches),
        cannot_say: cannot_say.or_else(|| score.is_none().then(|| "no_score".to_owned())),
        score,
        evidence: evidence.as_deref().map(|evidence| quoted(evidence, &found.supporting)),
        supported: supported.iter().take(RANGES_MAX).map(here).collect(),
        missing: missing.iter().take(RANGES_MAX).map(here).collect(),
        mismatches: mismatches.iter().take(RANGES_MAX).map(mismatch).collect(),
        likeness: None,
        judged: None,
    };
    Some(Claim { checked, evidence, support: None })
}

/// Whether the evidence has enough of a claim's words to be about the same.
fn share_a_subject(passage: &str, claim: &str, found: &ClaimSupport) -> bool {
    let there = found.supported.iter().map(|range| cut(passage, *range)).collect::<Vec<_>>().join("\n\n");
    let (all, shared) = (shared_words(claim, claim).all, shared_words(claim, &there).shared);
    shared >= SHARED_MIN && 2 * shared >= all
}

fn start_of(evidence: Option<&Evidence>) -> u32 {
    evidence.map_or(0, |evidence| evidence.start_char.unsigned_abs())
}

fn reason_of(reason: CannotSay, has_evidence: bool) -> &'static str {
    match reason {
        CannotSay::NoClaim => "no_claim",
        CannotSay::UnknownScript => "unknown_script",
        CannotSay::Unrelated if has_evidence => "unrelated",
        CannotSay::NoEvidence | CannotSay::Unrelated => "no_evidence",
    }
}

fn kind_of(kind: MismatchKind) -> &'static str {
    match kind {
        MismatchKind::Negation => "negation",
        MismatchKind::Only => "only",
        MismatchKind::Opposite => "opposite",
        MismatchKind::Other => "other",
        MismatchKind::Number => "number",
        MismatchKind::Date => "date",
        MismatchKind::Version => "version",
    }
}

/// What a score says together with its interval, and where that says nothing, what the evidence names instead. Of the 74 pairs of
/// FEVER-Symmetric dev whose evidence names another thing or value, 7 are supported, and of those 7 that the interval leaves open none.
fn verdict(score: Option<&CheckScore>, mismatches: &[Mismatch]) -> ClaimVerdict {
    let Some(score) = score else { return ClaimVerdict::CannotSay };
    let names_another =
        mismatches.iter().any(|found| !matches!(found.kind, MismatchKind::Negation | MismatchKind::Only));
    if f64::from(score.low) >= EVEN {
        ClaimVerdict::Supported
    } else if f64::from(score.high) < EVEN || names_another {
        ClaimVerdict::Unsupported
    } else {
        ClaimVerdict::Unclear
    }
}

/// The evidence around the words that the claim has, too.
fn quoted(evidence: &Evidence, supporting: &[TextRange]) -> ClaimEvidence {
    let start = supporting.iter().map(|range| range.start).min().unwrap_or(0);
    let end = supporting.iter().map(|range| range.end).max().unwrap_or(0);
    let end = end.min(start + count(TEXT_CHARACTERS_MAX));
    let spans = supporting.iter().filter(|range| range.end <= end).take(RANGES_MAX);
    let moved = |range| moved(range, evidence.start_char.unsigned_abs());
    ClaimEvidence {
        document: evidence.document_id,
        name: evidence.name.chars().take(TEXT_CHARACTERS_MAX).collect(),
        chunk: evidence.ordinal.unsigned_abs(),
        trust: evidence.trust,
        range: moved(TextRange { start, end }),
        quote: cut(&evidence.text, TextRange { start, end }),
        spans: spans.map(|range| moved(*range)).collect(),
    }
}

pub(super) fn cut(text: &str, range: TextRange) -> String {
    text.chars().skip(range.start as usize).take(range.end.saturating_sub(range.start) as usize).collect()
}

#[cfg(test)]
mod tests {
    use event_model::family::check::TrustLevel;
    use uuid::Uuid;

    use super::*;

    fn evidence(document: u128, trust: TrustLevel, text: &str) -> Evidence {
        Evidence {
            document_id: Uuid::from_u128(document),
            name: format!("{document}.md"),
            ordinal: 0,
            start_char: 1_000,
            text: text.into(),
            trust,
        }
    }

    fn passage(text: &str) -> Passage {
        Passage { start: 100, text: text.into(), vector: None }
    }

    const BRIDGE: &str = "The bridge over the Aller was opened on 26 June 1980. It is 120 metres long.";

    #[test]
    fn a_claim_is_held_against_the_evidence_that_speaks_most_of_it() {
        let beside = vec![
            evidence(1, TrustLevel::Trusted, "A bridge is a structure over a river."),
            evidence(2, TrustLevel::Known, BRIDGE),
        ];
        let found = of(&passage("The bridge over the Aller was opened in June 1980."), beside);
        let claim = &found[0].checked;
        assert_eq!(claim.verdict, ClaimVerdict::Supported, "{claim:?}");
        let evidence = claim.evidence.as_ref().unwrap();
        assert_eq!((evidence.document, evidence.trust), (Uuid::from_u128(2), TrustLevel::Known));
        assert!(evidence.quote.starts_with("bridge over the Aller"), "{evidence:?}");
        assert_eq!(evidence.range.start, 1_004);
        assert_eq!(claim.range.start, 100);
        assert!(claim.missing.is_empty(), "{claim:?}");
    }

    #[test]
    fn what_the_evidence_says_otherwise_is_not_supported_and_shown_on_both_sides() {
        let found = of(&passage("It is 140 metres long."), vec![evidence(1, TrustLevel::Trusted, BRIDGE)]);
        let claim = &found[0].checked;
        assert_eq!(claim.verdict, ClaimVerdict::Unsupported, "{claim:?}");
        let mismatch = &claim.mismatches[0];
        assert_eq!(mismatch.kind, "number");
        let at = mismatch.evidence.unwrap();
        assert_eq!(&BRIDGE[at.start as usize - 1_000..at.end as usize - 1_000], "120 metres");
        assert_eq!(mismatch.claim.unwrap().start, 106);
    }

    #[test]
    fn a_common_word_or_two_is_no_evidence() {
        for claim in ["The bridge game opened a club for retired pilots.", "Who is opened now?"] {
            let found = of(&passage(claim), vec![evidence(1, TrustLevel::Trusted, BRIDGE)]);
            let claim = &found[0].checked;
            assert_eq!((claim.score, claim.cannot_say.as_deref()), (None, Some("unrelated")), "{claim:?}");
            assert_eq!((claim.supported.len(), claim.mismatches.len(), claim.missing.len()), (0, 0, 1));
        }
    }

    #[test]
    fn of_equal_evidence_the_more_trusted_is_named() {
        let beside = vec![
            evidence(1, TrustLevel::Known, BRIDGE),
            evidence(2, TrustLevel::Trusted, BRIDGE),
            evidence(3, TrustLevel::Known, BRIDGE),
        ];
        let found = of(&passage("It is 120 metres long."), beside);
        assert_eq!(found[0].checked.evidence.as_ref().unwrap().trust, TrustLevel::Trusted);
    }

    #[test]
    fn without_evidence_nothing_is_said_and_headings_are_no_claims() {
        let found = of(&passage("# The bridge\n\nIt is 140 metres long."), Vec::new());
        assert_eq!(found.len(), 1);
        let claim = &found[0].checked;
        assert_eq!(
            (claim.verdict, claim.cannot_say.as_deref()),
            (ClaimVerdict::CannotSay, Some("no_evidence"))
        );
        assert_eq!((claim.score, claim.evidence.as_ref()), (None, None));
        let beside = vec![evidence(1, TrustLevel::Trusted, BRIDGE)];
        let found = of(&passage("Cheese melts in ovens."), beside);
        assert_eq!(found[0].checked.cannot_say.as_deref(), Some("unrelated"));
        assert_eq!(found[0].checked.evidence, None, "what does not speak of it is not quoted");
    }
}
