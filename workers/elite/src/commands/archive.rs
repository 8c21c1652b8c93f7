//! `elite archive`: the cold segments of the log, and whether they are what was written.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::{asking::ask, config::Config, output, request::Request};

/// Subcommands of `elite archive`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// What is archived of each partition, and what the log still holds
    Status,
    /// Check every link and segment against its hash; exit 1 names the first bad one
    Verify(Verify),
    /// Archive everything that the log holds now, however little it is
    Now,
}

/// How thoroughly.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Unpack every event, too, and compare ids and digests
    #[arg(long)]
    deep: bool,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::Status => status(config).await,
        Args::Verify(Verify { deep }) => verify(config, deep).await,
        Args::Now => now(config).await,
    }
}

async fn status(config: &Config) -> Result<ExitCode> {
    let told = ask(config, Request::ArchiveStatus, |_| {}).await?;
    if config.json {
        output::json(&told);
        return Ok(ExitCode::SUCCESS);
    }
    let fields = [
        "partition",
        "archived_to",
        "log_begins_at",
        "log_ends_at",
        "segments",
        "size_bytes",
        "ratio",
        "problem",
    ];
    let headers =
        ["PARTITION", "ARCHIVED TO", "LOG BEGINS AT", "LOG ENDS AT", "SEGMENTS", "BYTES", "RATIO", "PROBLEM"];
    output::table(&headers, &output::rows(&told["partitions"], &fields));
    println!();
    println!(
        "{} of {} events are archived, {} bytes in {} segments",
        told["events_archived"], told["events"], told["size_bytes"], told["segments"]
    );
    Ok(ExitCode::SUCCESS)
}

async fn verify(config: &Config, deep: bool) -> Result<ExitCode> {
    let told = ask(config, Request::ArchiveVerify { deep }, |_| {}).await?;
    let sound = told["sound"] == true;
    if config.json {
        output::json(&told);
    } else {
        print_verified(&told, sound);
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_verified(told: &Value, sound: bool) {
    println!(
        "{} events in {} segments and {} links are sound, {:.1} s",
        told["events"],
        told["segments"],
        told["links"],
        told["seconds"].as_f64().unwrap_or_default()
    );
    for partition in told["partitions"].as_array().into_iter().flatten() {
        let bad = &partition["bad"];
        if !bad.is_null() {
            println!(
                "BAD  partition {}, from position {} on: `{}`: {}",
                partition["partition"],
                bad["position"],
                output::text(&bad["object"]),
                output::text(&bad["reason"])
            );
        }
    }
    if !sound {
        println!("put sound copies of what is bad in its place, from a backup of the blob store");
    }
}

async fn now(config: &Config) -> Result<ExitCode> {
    let told = ask(config, Request::ArchiveNow, |_| {}).await?;
    if config.json {
        output::json(&told);
    } else {
        println!(
            "{} events were added to the archive; it holds {}",
            told["events_added"], told["events_archived"]
        );
    }
    Ok(ExitCode::SUCCESS)
}
