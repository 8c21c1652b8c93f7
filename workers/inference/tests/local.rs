//! The model in this process against vectors that sentence-transformers made, where somebody has the model and names it:
//! `ELITE_TESTS_MODEL=DIRECTORY cargo test --release -p inference --features candle`. What is no model is refused in words anywhere.

#![cfg(feature = "candle")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;

use inference::{Embedder, LocalEmbedder};

const DIMENSIONS: usize = 384;
/// Rounded references and another order of additions may move a cosine by this much, and no more.
const COSINE_MIN: f64 = 0.9999;

fn references() -> (Vec<String>, Vec<Vec<f32>>) {
    let texts = serde_json::from_str(include_str!("reference/texts.json")).unwrap();
    let numbers = include_bytes!("reference/vectors.bin").chunks_exact(2);
    let value = |bytes: &[u8]| f32::from(i16::from_le_bytes([bytes[0], bytes[1]]));
    let values: Vec<f32> = numbers.map(value).collect();
    (texts, values.chunks_exact(DIMENSIONS).map(<[f32]>::to_vec).collect())
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

#[tokio::test]
async fn vectors_are_those_of_sentence_transformers() {
    let Some(directory) = servers::model() else {
        return servers::not_run("ELITE_TESTS_MODEL names no directory of a model");
    };
    let (texts, wanted) = references();
    assert_eq!((texts.len(), wanted.len()), (200, 200));
    let embedder = LocalEmbedder::load(&directory).unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = embedder.embed(&texts).await.unwrap();
    let cosines: Vec<f64> = found.iter().zip(&wanted).map(|(found, wanted)| cosine(found, wanted)).collect();
    let (index, least) =
        (0..).zip(&cosines).min_by(|one: &(usize, _), other| one.1.total_cmp(other.1)).unwrap();
    println!("{}: least cosine of 200 is {least:.6}, of {:?}", embedder.model(), texts[index]);
    assert!(*least >= COSINE_MIN, "{least} of {:?}", texts[index]);
}

#[test]
fn a_directory_without_a_model_is_refused_with_the_file_that_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let refused = || LocalEmbedder::load(directory.path()).unwrap_err().to_string();
    assert!(refused().contains("model.safetensors"), "{}", refused());
    fs::write(directory.path().join("model.safetensors"), b"no tensors").unwrap();
    assert!(refused().contains("config.json"), "{}", refused());
    fs::write(directory.path().join("config.json"), b"{\"model_type\": \"gpt2\"}").unwrap();
    assert!(refused().contains("config.json"), "{}", refused());
}
