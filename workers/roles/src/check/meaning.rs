//! How alike claims and what speaks most of them are in meaning: one more signal, where a model makes vectors. Without one, or where it
//! is away, the score by words stands.

use std::time::Duration;

use event_model::family::check::Share;
use inference::Likeness;

use super::claims::{Claim, cut};

/// How long the model may take for one text.
const TIME_MAX: Duration = Duration::from_mins(1);

/// Scores those of `claims` that have a score anew.
pub(super) async fn add(likeness: &Likeness, claims: &mut [Claim]) {
    let mut measured: Vec<&mut Claim> = claims.iter_mut().filter(|claim| nearest(claim).is_some()).collect();
    let texts: Vec<(String, String)> =
        measured.iter().filter_map(|claim| Some((claim.checked.text.clone(), nearest(claim)?))).collect();
    let pairs: Vec<(&str, &str)> =
        texts.iter().map(|(claim, nearest)| (claim.as_str(), nearest.as_str())).collect();
    if pairs.is_empty() {
        return;
    }
    let told = tokio::time::timeout(TIME_MAX, likeness.of(&pairs)).await;
    let why = match told {
        Ok(Ok(alike)) => {
            measured.iter_mut().zip(alike).for_each(|(claim, alike)| weigh(claim, alike));
            return;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it did not answer within {} s", TIME_MAX.as_secs()),
    };
    tracing::warn!(why, "claims are scored by words alone: the model makes no vectors");
}

/// The sentence of the evidence that speaks most of a claim that has a score.
fn nearest(claim: &Claim) -> Option<String> {
    claim.checked.score?;
    Some(cut(&claim.evidence.as_ref()?.text, claim.support.as_ref()?.nearest?))
}

fn weigh(claim: &mut Claim, alike: f64) {
    if let Some(support) = claim.support.take() {
        claim.scored(support.with_likeness(alike));
        claim.checked.likeness = Share::try_from(alike).ok();
    }
}
