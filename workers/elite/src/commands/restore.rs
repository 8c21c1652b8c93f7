//! `elite restore`: a log and a database come back from the archive and the newest backup.

mod folding;

use std::process::ExitCode;

use anyhow::{Result, bail};
use blob_store::BlobStore;
use event_archive::Archive;
use event_log::Creation;
use indicatif::ProgressBar;
use read_models::TableDigest;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    asking::progress_bar, config::Config, output, request::Failure, telemetry, wire, wire::LogRestored,
};

/// Flags of `elite restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which log, if the blob store has the archives of several
    #[arg(long, value_name = "INCARNATION")]
    log: Option<Uuid>,
    /// Leave the keys of data subjects as they are; what is sealed with keys that are gone stays unreadable
    #[arg(long)]
    without_backup: bool,
}

/// What came back.
#[derive(Debug, Serialize)]
struct Report {
    /// The log's incarnation.
    log: Uuid,
    /// Whether the log was made anew.
    log_made_anew: bool,
    /// Events in the log, archived ones among them.
    events: u64,
    /// Of them, those that were folded now.
    events_folded: u64,
    /// How long folding took.
    seconds: f64,
    /// How fast it was.
    events_per_second: f64,
    /// The backup that was used.
    backup: Option<String>,
    /// Keys that came from it.
    keys: u64,
    /// Parked work that came from it.
    parked: u64,
    /// What the tables hold now, to be compared with what they held before.
    tables: Vec<TableDigest>,
}

pub(crate) async fn run(config: Config, args: Args) -> Result<ExitCode> {
    let archive = chosen(&wire::blobs(&config)?, args.log).await?;
    let bar = progress_bar();
    let log = make_log(&config, &archive, &bar).await?;
    let metrics = telemetry::init_metrics()?;
    let backups = wire::backups(&config, archive.creation().incarnation)?;
    let backup = if args.without_backup { None } else { backups.newest().await? };
    let kept = backup.as_ref().map(|(_, backup)| backup);
    let (keys, filled) = folding::fill(&config, kept, metrics.clone(), &bar).await?;
    let (folded, settled) = folding::fold(&config, metrics, &bar, kept).await?;
    let events_folded = filled.now + folded.now;
    let seconds = (filled.took + folded.took).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let events_per_second = events_folded as f64 / seconds;
    let report = Report {
        log: archive.creation().incarnation,
        log_made_anew: log == LogRestored::Anew,
        events: folded.events,
        events_folded,
        seconds,
        events_per_second,
        backup: backup.map(|(name, _)| name),
        keys,
        parked: settled.parked,
        tables: settled.tables,
    };
    if config.json {
        output::json(&serde_json::to_value(&report)?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// The archive of the one log there is, or of the one that is named.
async fn chosen(blobs: &BlobStore, named: Option<Uuid>) -> Result<Archive> {
    let mut logs = Archive::logs(blobs).await?;
    if let Some(named) = named {
        logs.retain(|creation| creation.incarnation == named);
    }
    match &logs[..] {
        [] => bail!(Failure::failed(match named {
            Some(named) => format!("the blob store has no archive of log {named}"),
            None => "the blob store has no archive of any log; check ELITE_BLOB_URL".to_owned(),
        })),
        [creation] => Ok(Archive::new(blobs, creation)),
        several => {
            let told = |creation: &Creation| format!("{} (made {})", creation.incarnation, creation.created);
            let all: Vec<String> = several.iter().map(told).collect();
            bail!(Failure::wrong_use(format!(
                "the blob store has the archives of several logs; name one with --log: {}",
                all.join(", ")
            )))
        }
    }
}

async fn make_log(config: &Config, archive: &Archive, bar: &ProgressBar) -> Result<LogRestored> {
    bar.set_message("reading the archive");
    wire::restore_log(config, archive, &|events| bar.inc(events)).await
}

fn print(report: &Report) {
    let log = if report.log_made_anew { "made anew from its archive" } else { "was there" };
    println!("log {}: {log}, {} events", report.log, report.events);
    println!(
        "read models: {} events folded in {:.1} s ({:.0} a second)",
        report.events_folded, report.seconds, report.events_per_second
    );
    match &report.backup {
        Some(name) => println!("backup {name}: {} keys, {} parked", report.keys, report.parked),
        None => println!("no backup was used: what is sealed with keys that are gone stays unreadable"),
    }
}
