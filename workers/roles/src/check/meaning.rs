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
    let mut measured: Vec<(&mut Claim, String)> =
        claims.iter_mut().filter_map(|claim| nearest(claim).map(|nearest| (claim, nearest))).collect();
    let pairs: Vec<(&str, &str)> =
        measured.iter().map(|(claim, nearest)| (claim.checked.text.as_str(), nearest.as_str())).collect();
    if pairs.is_empty() {
        return;
    }
    let why = match tokio::time::timeout(TIME_MAX, likeness.of(&pairs)).await {
        Ok(Ok(alike)) => {
            measured.iter_mut().zip(alike).for_each(|((claim, _), alike)| weigh(claim, alike));
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use event_model::family::check::TrustLevel;
    use inference::{Embedder, InferenceError};
    use read_models::query::Evidence;
    use uuid::Uuid;

    use super::*;
    use crate::check::{Passage, claims};

    /// Tells texts with the word "bridge" from all others, or is away.
    struct Bridges {
        is_away: bool,
    }

    #[async_trait]
    impl Embedder for Bridges {
        fn model(&self) -> &'static str {
            "bridges"
        }

        async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
            if self.is_away {
                return Err(InferenceError::Malformed("it is away".to_owned()));
            }
            // Texts about anything else have each a direction of their own.
            let vector = |(number, text): (usize, &&str)| {
                let mut vector = vec![0.0; texts.len() + 1];
                vector[if text.contains("bridge") { 0 } else { number + 1 }] = 1.0;
                vector
            };
            Ok(texts.iter().enumerate().map(vector).collect())
        }
    }

    fn claims() -> Vec<Claim> {
        let text =
            "The tower is 50 metres high. Cheese melts in copper kettles. The bridge is 120 metres long.";
        let evidence = Evidence {
            document_id: Uuid::nil(),
            name: "a.md".into(),
            ordinal: 0,
            start_char: 0,
            text: "The old bridge is 120 metres long. The high tower measures 50 metres.".into(),
            trust: TrustLevel::Trusted,
        };
        claims::of(&Passage { start: 0, text: text.into(), vector: None }, vec![evidence])
    }

    async fn weighed(is_away: bool) -> Vec<Claim> {
        let mut claims = claims();
        add(&Likeness::new(Arc::new(Bridges { is_away })), &mut claims).await;
        claims
    }

    #[tokio::test]
    async fn each_claim_with_a_score_gets_its_own_likeness() {
        let likeness: Vec<Option<f64>> =
            weighed(false).await.iter().map(|claim| claim.checked.likeness.map(f64::from)).collect();
        assert_eq!(likeness, [Some(0.0), None, Some(1.0)]);
        let values =
            |claims: &[Claim]| -> Vec<_> { claims.iter().map(|claim| claim.checked.score).collect() };
        let (before, after) = (values(&claims()), values(&weighed(false).await));
        assert!(
            before[0] != after[0] && before[1] == after[1] && before[2] != after[2],
            "{before:?} {after:?}"
        );
    }

    #[tokio::test]
    async fn where_the_model_is_away_the_score_by_words_stands() {
        let told =
            |claims: &[Claim]| -> Vec<_> { claims.iter().map(|claim| claim.checked.clone()).collect() };
        assert_eq!(told(&weighed(true).await), told(&claims()));
    }
}
