//! `elite dataset`: training data, and where every row came from.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;
use event_model::family::dataset::DatasetKind;
use serde_json::Value;
use uuid::Uuid;

use crate::{asking::ask, config::Config, output, request::Request};

/// The kinds, as flags name them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Conversations to imitate
    Sft,
    /// Prompt, chosen, rejected
    Preference,
    /// Prompt, completion, label
    Kto,
    /// Prompt and completion, made from documents
    Completion,
}

impl From<Kind> for DatasetKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sft => Self::Sft,
            Kind::Preference => Self::Preference,
            Kind::Kto => Self::Kto,
            Kind::Completion => Self::Completion,
        }
    }
}

/// Subcommands of `elite dataset`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Build a dataset from what is known now
    Build {
        /// Shape of the rows
        #[arg(value_enum)]
        kind: Kind,
        /// Name, for people
        #[arg(long, default_value = "dataset")]
        name: String,
        /// Keep rows from texts that failed validation or duplicate another
        #[arg(long)]
        include_rejected: bool,
    },
    /// Every dataset
    List,
    /// Write a dataset's rows as JSON lines
    Export {
        /// The dataset
        dataset: Uuid,
        /// File to write; standard output if none is given
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// The chain from events to a row, or why there is no row
    Explain {
        /// The row's id, or that of a candidate that was left out
        row: Uuid,
    },
    /// Check a dataset's rows and manifest against their hashes
    Verify {
        /// The dataset
        dataset: Uuid,
    },
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::Build { kind, name, include_rejected } => {
            let request = Request::DatasetBuild { name, kind: kind.into(), include_rejected };
            let built = ask(config, request, |_| {}).await?;
            if config.json {
                output::json(&built);
            } else {
                let (id, rows, content) =
                    (output::text(&built["id"]), &built["rows"], output::text(&built["content"]));
                println!("dataset {id}: {rows} rows, {} left out, {content}", built["left_out"]);
            }
        }
        Args::List => list(config).await?,
        Args::Export { dataset, output } => export(config, dataset, output).await?,
        Args::Explain { row } => output::json(&ask(config, Request::DatasetExplain { row }, |_| {}).await?),
        Args::Verify { dataset } => {
            let verdict = ask(config, Request::DatasetVerify { dataset }, |_| {}).await?;
            output::json(&verdict);
            return Ok(if verdict["sound"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config) -> Result<()> {
    let datasets = ask(config, Request::DatasetList, |_| {}).await?;
    if config.json {
        output::json(&datasets);
    } else {
        let fields = ["id", "name", "kind", "status", "rows", "left_out"];
        output::table(
            &["DATASET", "NAME", "KIND", "STATUS", "ROWS", "LEFT OUT"],
            &output::rows(&datasets, &fields),
        );
    }
    Ok(())
}

async fn export(config: &Config, dataset: Uuid, path: Option<PathBuf>) -> Result<()> {
    let mut sink: Box<dyn Write> = match &path {
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("failed to write `{}`", path.display()))?;
            Box::new(std::io::BufWriter::new(file))
        }
        None => Box::new(std::io::stdout().lock()),
    };
    let mut failed = None;
    let write = |item: Value| {
        if let Err(error) = sink.write_all(output::text(&item).as_bytes()) {
            failed.get_or_insert(error);
        }
    };
    ask(config, Request::DatasetExport { dataset }, write).await?;
    match failed {
        Some(error) => Err(error).context("failed to write the rows"),
        None => sink.flush().context("failed to write the rows"),
    }
}
