//! Models that are in the cache of the Hugging Face hub already. Nothing is fetched.

use std::path::{Path, PathBuf};

use crate::InferenceError;

/// Where `cache` (the hub's own directory, mostly `~/.cache/huggingface/hub`) keeps the main revision of `model`, such as
/// `sentence-transformers/all-MiniLM-L6-v2`.
pub fn hub_directory(cache: &Path, model: &str) -> Result<PathBuf, InferenceError> {
    let folder = cache.join(format!("models--{}", model.replace('/', "--")));
    let main = folder.join("refs/main");
    let revision = std::fs::read_to_string(&main).map_err(|error| {
        InferenceError::Unusable(format!("{model} is not in the hub's cache: {}: {error}", main.display()))
    })?;
    Ok(folder.join("snapshots").join(revision.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_where_the_hub_keeps_it() {
        let cache = tempfile::tempdir().expect("a directory");
        let folder = cache.path().join("models--maker--small");
        std::fs::create_dir_all(folder.join("refs")).expect("a directory");
        std::fs::write(folder.join("refs/main"), "abc123\n").expect("a file");
        let found = hub_directory(cache.path(), "maker/small").expect("it is there");
        assert_eq!(found, folder.join("snapshots/abc123"));
        let error = hub_directory(cache.path(), "maker/large").expect_err("it is not there").to_string();
        assert!(error.contains("maker/large") && error.contains("refs/main"), "{error}");
    }
}
