//! Where settings stand: environment, `.env`, `elite.toml`. The only reader of the environment.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Where one setting may come from besides flags.
pub(super) struct Sources {
    pub(super) env: HashMap<String, String>,
    pub(super) dot_env: HashMap<String, String>,
    pub(super) toml: toml::Table,
    /// Where the file is; relative paths in it start there.
    pub(super) directory: PathBuf,
}

impl Sources {
    /// Everything that is set for a command that runs in `directory`.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let env =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let file = directory.join("elite.toml");
        let toml = match fs::read_to_string(&file) {
            Ok(text) => text.parse().with_context(|| format!("failed to read `{}`", file.display()))?,
            Err(_) => toml::Table::new(),
        };
        let dot_env =
            fs::read_to_string(directory.join(".env")).map(|text| parse_dot_env(&text)).unwrap_or_default();
        // Plugins run there, whatever their launcher's own directory is.
        let directory = std::path::absolute(directory)?;
        Ok(Self { env: env.collect(), dot_env, toml, directory })
    }

    /// The setting `NAME`: also `NAME_FILE`, whose content it is, and `name` in the file without the prefix `elite_`.
    pub(super) fn get(&self, name: &str) -> Result<Option<String>> {
        let file = format!("{name}_FILE");
        for variables in [&self.env, &self.dot_env] {
            if let Some(value) = variables.get(name).filter(|value| !value.is_empty()) {
                return Ok(Some(value.clone()));
            }
            if let Some(path) = variables.get(&file).filter(|path| !path.is_empty()) {
                let value = fs::read_to_string(path)
                    .with_context(|| format!("failed to read `{path}`, named by {file}"))?;
                return Ok(Some(value.trim_end().to_owned()));
            }
        }
        let key = name.strip_prefix("ELITE_").unwrap_or(name).to_lowercase();
        Ok(self.toml.get(&key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        match self.get(name)? {
            Some(value) => {
                value.trim().parse().with_context(|| format!("{name} is `{value}`, which cannot be read"))
            }
            None => Ok(default),
        }
    }
}

/// `NAME=value` lines; quotes around a value are taken off, `#` lines are passed over.
pub(super) fn parse_dot_env(text: &str) -> HashMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value))).collect()
}
