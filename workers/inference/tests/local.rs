//! The model in this process against vectors that sentence-transformers made, where somebody has the model and names it:
//! `ELITE_TESTS_MODEL=DIRECTORY cargo test --release -p inference --features candle`. What is no model is refused in words anywhere.

#![cfg(feature = "candle")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{fs, path::Path};

use inference::{Embedder, LocalEmbedder};

const DIMENSIONS: usize = 384;
/// Half-precision references and another order of additions may move a cosine by this much, and no more.
const COSINE_MIN: f64 = 0.9999;

fn references() -> (Vec<String>, Vec<Vec<f32>>) {
    let texts = serde_json::from_str(include_str!("reference/texts.json")).unwrap();
    let halves = include_bytes!("reference/vectors.bin").chunks_exact(2);
    let values: Vec<f32> =
        halves.map(|bytes| half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()).collect();
    (texts, values.chunks_exact(DIMENSIONS).map(<[f32]>::to_vec).collect())
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
async fn vectors_are_those_of_sentence_transformers() {
    let Some(directory) = std::env::var_os("ELITE_TESTS_MODEL") else {
        println!("NOT RUN: ELITE_TESTS_MODEL names no model directory");
        return;
    };
    let (texts, wanted) = references();
    assert_eq!((texts.len(), wanted.len()), (200, 200));
    let embedder = LocalEmbedder::load(Path::new(&directory)).unwrap();
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
