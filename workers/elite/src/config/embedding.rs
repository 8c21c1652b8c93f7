//! Which model makes vectors.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::sources::Sources;

/// The model that makes vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EmbedModel {
    /// In this process, from the files in a directory.
    Directory(PathBuf),
    /// In this process, from the hub's cache.
    Hub {
        /// The cache.
        cache: PathBuf,
        /// The model's name on the hub.
        name: String,
    },
    /// One that Ollama serves.
    Ollama(String),
}

impl EmbedModel {
    /// What `ELITE_EMBED_MODEL` says: `hub:NAME`, a path with a slash at its beginning or after a dot, or a name of Ollama's. A name
    /// of Ollama's may have a slash, too, so that a path has to look like one.
    pub(super) fn choose(sources: &Sources) -> Result<Option<Self>> {
        let Some(named) = sources.get("ELITE_EMBED_MODEL")? else { return Ok(None) };
        if named.trim().is_empty() {
            bail!(
                "ELITE_EMBED_MODEL is empty; name a directory, `hub:NAME` or a model of Ollama's, or unset it"
            );
        }
        if let Some(name) = named.strip_prefix("hub:") {
            return Ok(Some(Self::Hub { cache: hub_cache(sources)?, name: name.to_owned() }));
        }
        let is_path = ["/", "./", "../", "~/"].iter().any(|start| named.starts_with(start));
        if !is_path {
            return Ok(Some(Self::Ollama(named)));
        }
        let directory = match named.strip_prefix("~/") {
            Some(rest) => home(sources)?.join(rest),
            None => PathBuf::from(named),
        };
        if !directory.is_dir() {
            bail!(
                "ELITE_EMBED_MODEL is `{}`, which is no directory; a model is a directory with config.json, \
                   tokenizer.json and model.safetensors",
                directory.display()
            );
        }
        Ok(Some(Self::Directory(directory)))
    }
}

/// Where the hub's own tools keep models.
fn hub_cache(sources: &Sources) -> Result<PathBuf> {
    if let Some(cache) = sources.get("HF_HUB_CACHE")? {
        return Ok(PathBuf::from(cache));
    }
    Ok(match sources.get("HF_HOME")? {
        Some(home) => Path::new(&home).join("hub"),
        None => home(sources)?.join(".cache/huggingface/hub"),
    })
}

fn home(sources: &Sources) -> Result<PathBuf> {
    match sources.get("HOME")? {
        Some(home) => Ok(PathBuf::from(home)),
        None => bail!("HOME is not set, so that the model's directory is not known; name it in full"),
    }
}
