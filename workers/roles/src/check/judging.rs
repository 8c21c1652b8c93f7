//! What a model says of the claims, where most of its samples say the same and quote what is there. Otherwise it abstains, and why is
//! said. The measured score stays as it is.

use std::collections::BTreeMap;

use blob_store::BlobStore;
use event_model::{
    SubjectKey, TextRange,
    family::check::{ClaimJudged, ClaimVerdict, ModelJudge},
};
use inference::{Judge, Opinion, OpinionVerdict, Samples, Statement};
use read_models::query::Evidence;
use worker_runtime::WorkError;

use super::{claims::Claim, count, moved, report::Report};

/// Most claims that a model is asked about: those whose score tells least of being supported.
const CLAIMS_MAX: usize = 12;

/// Asks `judge` about the claims that have evidence, and notes what it says of each.
pub(super) async fn judge(
    judge: &Judge,
    report: &mut Report,
    blobs: &BlobStore,
    key: Option<&SubjectKey>,
) -> Result<ModelJudge, WorkError> {
    let mut asked: Vec<&mut Claim> =
        report.claims.iter_mut().filter(|claim| claim.evidence.is_some()).collect();
    asked.sort_by(|one, other| value(one).total_cmp(&value(other)));
    asked.truncate(CLAIMS_MAX);
    let mut told = ModelJudge {
        model: judge.model().to_owned(),
        samples: 0,
        asked: count(asked.len()),
        abstained: 0,
        cannot_say: None,
        raw: None,
    };
    if asked.is_empty() {
        told.cannot_say = Some("no claim has evidence that it could be asked about".to_owned());
        return Ok(told);
    }
    let samples = judge.ask(&asked.iter().map(|claim| statement(claim)).collect::<Vec<_>>()).await;
    told.samples = count(samples.raw.len());
    for (number, claim) in (1..).zip(asked) {
        told.abstained += u32::from(!decide(number, claim, &samples));
    }
    told.cannot_say = samples.fault.filter(|_| told.abstained == told.asked);
    if !samples.raw.is_empty() {
        let bytes = serde_json::to_vec(&samples.raw).map_err(WorkError::dead_letter)?;
        let stored = match key {
            Some(key) => blobs.put_sealed(key, &bytes).await,
            None => blobs.put(bytes.into()).await,
        };
        told.raw = Some(stored.map_err(WorkError::retry)?);
    }
    Ok(told)
}

fn value(claim: &Claim) -> f64 {
    claim.checked.score.map_or(1.0, |score| score.value.into())
}

fn statement(claim: &Claim) -> Statement {
    let passage = claim.evidence.as_ref().map(|evidence| evidence.text.clone());
    Statement { claim: claim.checked.text.clone(), passage: passage.unwrap_or_default() }
}

/// Notes what most samples say of claim `number`; tells whether they say anything.
fn decide(number: usize, claim: &mut Claim, samples: &Samples) -> bool {
    let Some(evidence) = claim.evidence.clone() else { return false };
    let mut votes: BTreeMap<ClaimVerdict, (u32, Option<TextRange>)> = BTreeMap::new();
    let mut faults: Vec<&str> = Vec::new();
    for said in &samples.said {
        match vote(number, said.as_deref(), &evidence) {
            Ok((verdict, quoted)) => {
                let counted = votes.entry(verdict).or_insert((0, quoted));
                counted.0 += 1;
                counted.1 = counted.1.or(quoted);
            }
            Err(fault) => faults.push(fault),
        }
    }
    let most = votes.iter().max_by_key(|(_, (agreed, _))| *agreed);
    let (verdict, (agreed, quoted)) =
        most.map_or((ClaimVerdict::CannotSay, (0, None)), |(of, told)| (*of, *told));
    // A majority of the samples that were asked for, not of those that came.
    let decided = agreed >= 2;
    let why = match (&samples.fault, faults.first()) {
        (Some(fault), _) => fault.clone(),
        (None, Some(fault)) => (*fault).to_owned(),
        (None, None) => "the samples disagree".to_owned(),
    };
    if decided {
        claim.checked.verdict = verdict;
    }
    claim.checked.judged = Some(ClaimJudged {
        verdict: if decided { verdict } else { ClaimVerdict::CannotSay },
        agreed,
        cannot_say: (!decided).then_some(why),
        quoted: quoted.filter(|_| decided),
    });
    decided
}

/// What one sample says of a claim, or why that does not count.
fn vote(
    number: usize,
    said: Option<&[Opinion]>,
    evidence: &Evidence,
) -> Result<(ClaimVerdict, Option<TextRange>), &'static str> {
    let said = said.ok_or("a sample has not the form that was asked for")?;
    let mut of_claim = said.iter().filter(|opinion| opinion.claim == number);
    let opinion = of_claim.next().ok_or("a sample leaves the claim out")?;
    if of_claim.next().is_some_and(|other| other.verdict != opinion.verdict) {
        return Err("a sample contradicts itself");
    }
    match opinion.verdict {
        OpinionVerdict::CannotSay => Err("a sample is not sure"),
        OpinionVerdict::NotStated => Ok((ClaimVerdict::Unsupported, None)),
        OpinionVerdict::Supported | OpinionVerdict::Contradicted => {
            let quoted =
                place(&opinion.quote, evidence).ok_or("a sample quotes what the passage does not say")?;
            let supported = opinion.verdict == OpinionVerdict::Supported;
            Ok((if supported { ClaimVerdict::Supported } else { ClaimVerdict::Unsupported }, Some(quoted)))
        }
    }
}

/// Where a quote stands in the evidence's document, letter by letter.
fn place(quote: &str, evidence: &Evidence) -> Option<TextRange> {
    let quote = quote.trim();
    let at = evidence.text.find(quote).filter(|_| quote.chars().any(char::is_alphanumeric))?;
    let start = count(evidence.text[..at].chars().count());
    let range = TextRange { start, end: start + count(quote.chars().count()) };
    Some(moved(range, evidence.start_char.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use event_model::family::check::{CheckScore, CheckedClaim, TrustLevel};
    use uuid::Uuid;

    use super::*;

    fn claim() -> Claim {
        let evidence = Evidence {
            document_id: Uuid::nil(),
            name: "a.md".into(),
            ordinal: 0,
            start_char: 50,
            text: "É: the bridge is 120 metres long.".into(),
            trust: TrustLevel::Trusted,
        };
        let checked = CheckedClaim {
            range: TextRange { start: 0, end: 5 },
            text: "It is 120 m long".into(),
            verdict: ClaimVerdict::Unclear,
            score: CheckScore::new(0.6, 0.4, 0.7),
            cannot_say: None,
            evidence: None,
            supported: Vec::new(),
            missing: Vec::new(),
            mismatches: Vec::new(),
            likeness: None,
            judged: None,
        };
        Claim { checked, evidence: Some(Arc::new(evidence)), support: None }
    }

    fn opinion(verdict: OpinionVerdict, quote: &str) -> Vec<Opinion> {
        vec![Opinion { claim: 1, verdict, quote: quote.into() }]
    }

    fn decided(said: Vec<Option<Vec<Opinion>>>, fault: Option<&str>) -> (ClaimVerdict, ClaimJudged) {
        let samples = Samples { raw: Vec::new(), said, fault: fault.map(str::to_owned) };
        let mut claim = claim();
        decide(1, &mut claim, &samples);
        (claim.checked.verdict, claim.checked.judged.unwrap())
    }

    #[test]
    fn two_of_three_that_quote_what_is_there_decide() {
        let yes = || Some(opinion(OpinionVerdict::Supported, "120 metres"));
        let (verdict, judged) =
            decided(vec![yes(), Some(opinion(OpinionVerdict::NotStated, "")), yes()], None);
        assert_eq!(
            (verdict, judged.verdict, judged.agreed),
            (ClaimVerdict::Supported, ClaimVerdict::Supported, 2)
        );
        assert_eq!(judged.quoted, Some(TextRange { start: 67, end: 77 }));
    }

    #[test]
    fn it_abstains_and_the_score_stands() {
        let (yes, no) = (
            Some(opinion(OpinionVerdict::Supported, "120 metres")),
            Some(opinion(OpinionVerdict::NotStated, "")),
        );
        let invented = || Some(opinion(OpinionVerdict::Supported, "130 metres"));
        let unsure = || Some(opinion(OpinionVerdict::CannotSay, ""));
        for (said, fault, why) in [
            (vec![yes.clone(), no.clone(), unsure()], None, "a sample is not sure"),
            (
                vec![invented(), invented(), yes.clone()],
                None,
                "a sample quotes what the passage does not say",
            ),
            (vec![None, None, yes.clone()], None, "a sample has not the form that was asked for"),
            (vec![Some(Vec::new()), no.clone(), yes.clone()], None, "a sample leaves the claim out"),
            (vec![yes.clone()], Some("it is away"), "it is away"),
            (vec![yes.clone(), no.clone()], None, "the samples disagree"),
            (
                vec![Some(opinion(OpinionVerdict::Supported, " ")); 3],
                None,
                "a sample quotes what the passage does not say",
            ),
        ] {
            let (verdict, judged) = decided(said, fault);
            assert_eq!((verdict, judged.verdict), (ClaimVerdict::Unclear, ClaimVerdict::CannotSay), "{why}");
            assert_eq!((judged.cannot_say.as_deref(), judged.quoted), (Some(why), None));
        }
    }
}
