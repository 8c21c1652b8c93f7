//! Turning texts into vectors: what every model that does it has in common.

use async_trait::async_trait;

use crate::InferenceError;

/// A model that turns texts into vectors. Texts that say alike things have vectors that point alike ways.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and everything else that its vectors depend on; vectors of different names are never compared.
    fn model(&self) -> &str;

    /// One vector of length 1 for each text, in order, all of the same number of dimensions. Of a text that is longer than the
    /// model reads, its beginning counts.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError>;
}

/// Brings what a model said into the shape that [`Embedder::embed`] promises, or says why it cannot be.
pub(crate) fn checked(mut vectors: Vec<Vec<f32>>, texts: usize) -> Result<Vec<Vec<f32>>, InferenceError> {
    let malformed = |reason: String| Err(InferenceError::Malformed(reason));
    if vectors.len() != texts {
        return malformed(format!("{} vectors for {texts} texts", vectors.len()));
    }
    let dimensions = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.len() != dimensions) {
        return malformed("vectors of different lengths".to_owned());
    }
    for vector in &mut vectors {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !length.is_normal() {
            return malformed("a vector that points nowhere".to_owned());
        }
        for value in vector.iter_mut() {
            *value /= length;
        }
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_out_with_length_one() {
        let vectors = checked(vec![vec![3.0, 4.0], vec![0.0, -2.0]], 2).expect("they are sound");
        assert_eq!(vectors, [[0.6, 0.8], [0.0, -1.0]]);
    }

    #[test]
    fn what_is_no_vector_is_refused_and_named() {
        let refused = |vectors, texts| checked(vectors, texts).expect_err("it is refused").to_string();
        assert!(refused(vec![vec![1.0]], 2).contains("1 vectors for 2 texts"));
        assert!(refused(vec![vec![1.0], vec![1.0, 0.0]], 2).contains("different lengths"));
        for nowhere in [vec![0.0, 0.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0], Vec::new()] {
            assert!(refused(vec![nowhere], 1).contains("points nowhere"));
        }
    }
}
