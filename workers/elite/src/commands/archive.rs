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
    /// Append again what the log lost of its end and the archive has, list what is gone for good, and fold on from there
    Heal {
        /// Only say what there is to heal; nothing is changed
        #[arg(long)]
        dry_run: bool,
    },
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
        Args::Heal { dry_run } => heal(config, !dry_run).await,
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

async fn heal(config: &Config, really: bool) -> Result<ExitCode> {
    let told = ask(config, Request::ArchiveHeal { really }, |_| {}).await?;
    if config.json {
        output::json(&told);
        return Ok(ExitCode::SUCCESS);
    }
    let partitions = output::rows(
        &told["partitions"],
        &[
            "partition",
            "log_agrees_up_to",
            "brought_back",
            "archive_forked",
            "log_ends_at",
            "folded_again_from",
            "gone",
        ],
    );
    if partitions.is_empty() {
        println!("the log has lost nothing that is archived or folded");
        return Ok(ExitCode::SUCCESS);
    }
    let headers = ["PARTITION", "AGREES UP TO", "BROUGHT BACK", "FORKED", "ENDS AT", "FOLDED FROM", "GONE"];
    output::table(&headers, &partitions);
    let gone = output::rows(
        &told["gone"],
        &["event_id", "event_type", "partitionkey", "partition", "position", "recorded_at"],
    );
    if !gone.is_empty() {
        println!();
        println!("{}", if really { "gone for good:" } else { "neither in the log nor in the archive:" });
        output::table(&["EVENT", "TYPE", "KEY", "PARTITION", "POSITION", "RECORDED"], &gone);
    }
    if !really {
        println!();
        println!("nothing was changed; leave --dry-run away to heal");
    }
    Ok(ExitCode::SUCCESS)
}
