//! What vectors are made of, and vectors as bytes: little-endian `f32`, one vector after the other, nothing else.

use sha2::{Digest, Sha256};

use crate::{Chunk, encode_hex};

impl Chunk {
    /// What is handed to a model that makes vectors: the passage under its headings, so that what only they say counts.
    pub fn embedded_text(&self) -> String {
        if self.heading_path.is_empty() {
            self.text.clone()
        } else {
            format!("{}\n{}", self.heading_path.join(" > "), self.text)
        }
    }

    /// SHA-256 of that, in hexadecimal digits: passages that share it have the same vector.
    pub fn embedded_hash(&self) -> String {
        encode_hex(&Sha256::digest(self.embedded_text()).into())
    }
}

/// `vectors` as a blob holds them.
pub fn vector_bytes(vectors: &[Vec<f32>]) -> Vec<u8> {
    vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect()
}

/// The vectors of `dimensions` numbers in `bytes`; `None` where the bytes do not divide into such, or a number is none.
pub fn read_vectors(bytes: &[u8], dimensions: u32) -> Option<Vec<Vec<f32>>> {
    let length = (dimensions as usize).checked_mul(4)?;
    if length == 0 {
        return bytes.is_empty().then(Vec::new);
    }
    if !bytes.len().is_multiple_of(length) {
        return None;
    }
    let number =
        |bytes: &[u8]| bytes.try_into().map(f32::from_le_bytes).ok().filter(|number| number.is_finite());
    bytes.chunks_exact(length).map(|vector| vector.chunks_exact(4).map(number).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_as_they_went() {
        let vectors = vec![vec![0.25, -1.5e-8, 0.1], vec![f32::MIN_POSITIVE, 0.0, 1.0]];
        assert_eq!(read_vectors(&vector_bytes(&vectors), 3), Some(vectors));
        assert_eq!(read_vectors(&[], 384), Some(Vec::new()));
        assert_eq!(read_vectors(&[], 0), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_vector_is_not_taken_for_one() {
        assert_eq!(read_vectors(&[0; 9], 2), None);
        assert_eq!(read_vectors(&[0; 8], 0), None);
        assert_eq!(read_vectors(&vector_bytes(&[vec![f32::NAN, 0.0]]), 2), None);
    }
}
