//! `elite parse`: what a worker would store for a file, without storing it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;
use parsers::Source;

use crate::{config::Config, output, request::Failure, wire};

/// How the document is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The text alone
    Text,
    /// Markdown: headings, lists, tables, code, links and notes
    Markdown,
    /// The whole document model
    Json,
}

/// Flags of `elite parse`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file
    file: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let name = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| format!("failed to read `{name}`"))?;
    let pool = wire::parsers(config).await?;
    let source = Source { name: name.clone(), declared_type: None };
    let parsed = pool.parse(&bytes, &source).await?;
    let document =
        parsed.map_err(|rejection| Failure::failed(format!("`{name}` is rejected: {rejection}")))?;
    match args.format {
        format if config.json || format == Format::Json => output::json(&serde_json::to_value(&document)?),
        Format::Markdown => print!("{}", document.to_markdown()),
        Format::Text | Format::Json => println!("{}", document.text),
    }
    Ok(ExitCode::SUCCESS)
}
