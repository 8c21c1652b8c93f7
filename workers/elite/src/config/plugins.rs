//! The `[[plugin]]` tables of `elite.toml`: processors of documents, in the order they are asked.

use anyhow::{Context, Result, bail};
use parsers::Plugin;

use super::sources::Sources;

/// What is declared, checked as far as that goes without looking at the disk.
pub(super) fn declared(sources: &Sources) -> Result<Vec<Plugin>> {
    let Some(tables) = sources.toml.get("plugin") else { return Ok(Vec::new()) };
    let mut plugins: Vec<Plugin> =
        tables.clone().try_into().context("the [[plugin]] tables of elite.toml cannot be read")?;
    for plugin in &mut plugins {
        plugin.directory.clone_from(&sources.directory);
        if let Some(fault) = plugin.fault() {
            bail!("elite.toml: {fault}");
        }
    }
    let mut names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next) {
        bail!("elite.toml declares two plugins called `{}`; give each its own name", twice.0);
    }
    Ok(plugins)
}
