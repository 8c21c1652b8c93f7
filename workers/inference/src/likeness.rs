//! How alike two texts are in meaning, in numbers that mean the same whatever the model.
//!
//! Cosines do not: of texts that have nothing to do with each other one model says 0.05 and another 0.6. What a model says of such texts
//! is measured once, and counts as 0.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::OnceCell;

use crate::{Embedder, InferenceError};

/// Sentences of which no two speak of the same.
const UNRELATED: [&str; 12] = [
    "The harbour freezes over in most winters.",
    "She was elected mayor of the town in 1987.",
    "Set the timeout to thirty seconds before you retry the request.",
    "Whisk the eggs with sugar until the mixture is pale.",
    "The band's third album sold two million copies.",
    "A function that returns nothing still has a return type.",
    "Kidneys filter the blood and regulate its salt.",
    "The goalkeeper broke his arm in the second half.",
    "Interest is paid into the account every quarter.",
    "Bees find their way back by the position of the sun.",
    "The treaty gave the island to the crown of Denmark.",
    "Polish the lens with a dry and clean cloth.",
];

/// Tells how alike texts are in meaning.
#[derive(Clone)]
pub struct Likeness {
    embedder: Arc<dyn Embedder>,
    /// The mean cosine of texts that have nothing to do with each other.
    unrelated: Arc<OnceCell<f64>>,
}

impl Likeness {
    /// By the vectors of `embedder`.
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder, unrelated: Arc::default() }
    }

    /// For each pair 1 where both mean the same and 0 where they are no more alike than unrelated texts, or less.
    pub async fn of(&self, pairs: &[(&str, &str)]) -> Result<Vec<f64>, InferenceError> {
        let unrelated = *self.unrelated.get_or_try_init(|| self.of_unrelated()).await?;
        let mut texts: Vec<&str> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        texts.sort_unstable();
        texts.dedup();
        let vectors = self.embedder.embed(&texts).await?;
        let vector_of: HashMap<&str, &[f32]> =
            texts.iter().copied().zip(vectors.iter().map(Vec::as_slice)).collect();
        let likeness = |(a, b): &(&str, &str)| scaled(cosine(vector_of[a], vector_of[b]), unrelated);
        Ok(pairs.iter().map(likeness).collect())
    }

    async fn of_unrelated(&self) -> Result<f64, InferenceError> {
        let vectors = self.embedder.embed(&UNRELATED).await?;
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (at, vector) in vectors.iter().enumerate() {
            for other in &vectors[at + 1..] {
                sum += cosine(vector, other);
                pairs += 1.0;
            }
        }
        Ok(sum / pairs)
    }
}

/// `cosine` between that of unrelated texts and 1. A model to which everything is the same tells nothing.
fn scaled(cosine: f64, unrelated: f64) -> f64 {
    if unrelated < 0.99 { ((cosine - unrelated) / (1.0 - unrelated)).clamp(0.0, 1.0) } else { 0.0 }
}

/// Of vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Says 0.6 of whatever is not the same text.
    struct Lavish;

    #[async_trait]
    impl Embedder for Lavish {
        fn model(&self) -> &'static str {
            "lavish"
        }

        async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
            let vector = |text: &&str| {
                let mut vector = vec![0.0; 257];
                vector[0] = 0.6_f32.sqrt();
                let own = text.bytes().fold(7_u8, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte));
                vector[1 + usize::from(own)] = 0.4_f32.sqrt();
                vector
            };
            Ok(texts.iter().map(vector).collect())
        }
    }

    #[tokio::test]
    async fn what_a_model_says_of_unrelated_texts_is_nothing() {
        let likeness = Likeness::new(Arc::new(Lavish));
        let found = likeness.of(&[("bees", "bees"), ("bees", "moon"), ("moon", "bees")]).await.unwrap();
        assert!((found[0] - 1.0).abs() < 1e-5 && found[1] < 0.05 && found[2] < 0.05, "{found:?}");
        assert!(likeness.of(&[]).await.unwrap().is_empty());
    }

    #[test]
    fn every_likeness_is_a_number_between_0_and_1() {
        for (cosine, unrelated) in [(-1.0, 0.1), (1.000_001, 0.1), (0.5, 1.0), (0.5, 0.995)] {
            assert!((0.0..=1.0).contains(&scaled(cosine, unrelated)), "{cosine} {unrelated}");
        }
        assert!((scaled(0.8, 0.6) - 0.5).abs() < 1e-12);
    }
}
