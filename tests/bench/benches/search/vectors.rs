//! Vectors of the words themselves, where no model has to be run.

use async_trait::async_trait;
use inference::{Embedder, InferenceError};

const DIMENSIONS: usize = 384;

/// Vectors of the length that small sentence models have, by hashing words: enough for an index to be as large and as hard to
/// search as theirs.
pub(crate) struct Words;

#[async_trait]
impl Embedder for Words {
    fn model(&self) -> &'static str {
        "words"
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        Ok(texts.iter().map(|text| of_words(text)).collect())
    }
}

fn of_words(text: &str) -> Vec<f32> {
    let mut vector = vec![0.01_f32; DIMENSIONS];
    for word in text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        // FNV-1a; each word counts in eight places, for or against.
        let mut hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        });
        for _ in 0..8 {
            let place = usize::try_from(hash % DIMENSIONS as u64).unwrap_or_default();
            vector[place] += if hash & (1 << 40) == 0 { 1.0 } else { -1.0 };
            hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (hash >> 29);
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter().map(|value| value / length).collect()
}
