//! Counting with the tokenizer of the model that will read the passages. Part of the build only with the feature `tokenizer`.

use std::{fs, path::Path};

use sha2::{Digest, Sha256};

use super::CountTokens;

/// Counts with the `tokenizer.json` of a model.
pub struct Tokenizer {
    name: String,
    tokenizer: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`, or says in words why it cannot be used.
    pub fn read(path: &Path) -> Result<Self, String> {
        let unusable = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = fs::read(path).map_err(|error| unusable(&error))?;
        let digest =
            Sha256::digest(&bytes).iter().take(4).fold(0, |digest, byte| digest << 8 | u32::from(*byte));
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(&bytes).map_err(|error| unusable(&error))?;
        // What a model would leave out counts, too.
        tokenizer.with_truncation(None).map_err(|error| unusable(&error))?;
        tokenizer.with_padding(None);
        Ok(Self { name: format!("tokenizer-{digest:08x}"), tokenizer })
    }
}

impl CountTokens for Tokenizer {
    fn name(&self) -> &str {
        &self.name
    }

    /// A text that the tokenizer refuses counts as one that has to be cut: by its characters.
    fn count(&self, text: &str) -> usize {
        self.tokenizer
            .encode_fast(text, false)
            .map_or_else(|_| text.chars().count(), |encoding| encoding.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_the_model_would_read_and_is_named_after_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokenizer.json");
        let written = r###"{"version":"1.0","truncation":{"direction":"Right","max_length":2,"strategy":"LongestFirst","stride":0},
            "padding":null,"added_tokens":[],"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Whitespace"},
            "post_processor":null,"decoder":null,"model":{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"##",
            "max_input_chars_per_word":100,"vocab":{"?":0,"cache":1,"##s":2,"the":3}}}"###;
        fs::write(&path, written).unwrap();
        let tokenizer = Tokenizer::read(&path).unwrap();
        assert_eq!(tokenizer.count("The caches the unknown"), 5);
        assert!(tokenizer.name().starts_with("tokenizer-"));
        fs::write(&path, "{}").unwrap();
        let refused = Tokenizer::read(&path).err().unwrap();
        assert!(refused.contains("tokenizer.json"), "{refused}");
    }
}
