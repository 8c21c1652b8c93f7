//! The `[[trust]]` tables of `elite.toml`: which sources are trusted how far.

use anyhow::{Context, Result, bail};
use event_model::family::check::TrustLevel;
use serde::Deserialize;

use super::sources::Sources;

/// A source and how far it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustedSource {
    /// What a document's `PRODUCER/NAME` begins with, such as `/gateway/handbook`.
    pub(crate) source: String,
    pub(crate) level: TrustLevel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: String,
    level: String,
}

/// What is declared; nothing is trusted by default.
pub(super) fn declared(sources: &Sources) -> Result<Vec<TrustedSource>> {
    let Some(tables) = sources.toml.get("trust") else { return Ok(Vec::new()) };
    let tables: Vec<Table> = tables
        .clone()
        .try_into()
        .context("the [[trust]] tables of elite.toml cannot be read; each has a `source` and a `level`")?;
    let mut declared: Vec<TrustedSource> = Vec::with_capacity(tables.len());
    for Table { source, level } in tables {
        if source.trim().is_empty() {
            bail!(
                "elite.toml trusts a `source` that is empty; name a producer, or a producer and the beginning of a name, \
                 such as `/gateway/handbook`"
            );
        }
        let Ok(level) = level.parse() else {
            bail!(
                "elite.toml trusts `{source}` at level `{level}`, which is none; choose `trusted`, `known` or `unknown`"
            );
        };
        let same =
            |other: &&TrustedSource| other.source.trim_end_matches('/') == source.trim_end_matches('/');
        if let Some(twice) = declared.iter().find(same) {
            bail!("elite.toml says twice how far `{}` is trusted; keep one of the two", twice.source);
        }
        declared.push(TrustedSource { source, level });
    }
    Ok(declared)
}
