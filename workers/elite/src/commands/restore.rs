//! `elite restore`: a log and a database come back from the archive and the newest backup.

use std::{process::ExitCode, time::Duration};

use anyhow::{Result, bail};
use blob_store::BlobStore;
use event_archive::Archive;
use event_log::Creation;
use event_model::Tenant;
use indicatif::ProgressBar;
use metrics_exporter_prometheus::PrometheusHandle;
use read_models::{PROJECTIONS, SUBSCRIPTION, TableDigest, digests};
use read_store::{checkpoint, dead_letter, erasure, erasure::Subject};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    asking::progress_bar,
    backup::Backup,
    config::Config,
    lifecycle::{Node, Opening, Roles, Running},
    output,
    request::Failure,
    telemetry, wire,
    wire::LogRestored,
};

/// How often the fold is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

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
    let keys = match &backup {
        Some((_, backup)) => bring_keys(&config, backup, metrics.clone()).await?,
        None => 0,
    };
    let report = fold(&config, metrics, &bar, backup.as_ref().map(|(_, backup)| backup)).await?;
    let report = Report {
        log: archive.creation().incarnation,
        log_made_anew: log == LogRestored::Anew,
        backup: backup.map(|(name, _)| name),
        keys,
        ..report
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

/// Sealed events must be readable before they are folded.
async fn bring_keys(config: &Config, backup: &Backup, metrics: PrometheusHandle) -> Result<u64> {
    let running = Running::start(config.clone(), &Roles::none(), Opening::Prepare, metrics).await?;
    let brought = running.node.keyring.import(&backup.keys).await;
    running.stop().await;
    Ok(brought?)
}

/// Folds the log to its end, with nobody acting on anything, so that what was done before shows up as done.
async fn fold(
    config: &Config,
    metrics: PrometheusHandle,
    bar: &ProgressBar,
    backup: Option<&Backup>,
) -> Result<Report> {
    let project = Roles(vec![SUBSCRIPTION.to_owned()]);
    let running = Running::start(config.clone(), &project, Opening::Prepare, metrics).await?;
    let folded = fold_to_the_end(&running.node, bar).await;
    let settled = match folded {
        Ok(report) => settle(&running.node, backup, report).await,
        Err(error) => Err(error),
    };
    running.stop().await;
    bar.finish_and_clear();
    settled
}

async fn fold_to_the_end(node: &Node, bar: &ProgressBar) -> Result<Report> {
    let (begun, mut before) = (Instant::now(), None);
    let ends: Vec<u64> = node.log.tails().await?.into_iter().map(|tail| tail.0).collect();
    let events: u64 = ends.iter().sum();
    bar.set_message("folding");
    bar.set_length(events);
    loop {
        let (checkpoints, halted) = {
            let client = node.store.client().await?;
            (checkpoint::read(&client, SUBSCRIPTION).await?, checkpoint::halted(&client, SUBSCRIPTION).await?)
        };
        if let Some((partition, reason)) = halted.first() {
            return Err(astray(*partition, reason));
        }
        let folded: u64 = checkpoints.iter().map(|(_, _, at)| at.position).sum();
        let first = *before.get_or_insert(folded);
        bar.set_position(folded);
        let there = |(partition, _, at): &(u16, i64, checkpoint::Checkpoint)| {
            ends.get(usize::from(*partition)).is_some_and(|end| at.position >= *end)
        };
        if checkpoints.len() == ends.len() && checkpoints.iter().all(there) {
            let report = Report::folded(events, folded - first, begun.elapsed());
            for (partition, _, at) in checkpoints {
                if let Some(reason) = worker_runtime::mismatch(&*node.log, partition, at).await? {
                    return Err(astray(partition, &reason));
                }
            }
            return Ok(report);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// The database has folded what the log no longer has.
fn astray(partition: u16, reason: &str) -> anyhow::Error {
    let what = format!("partition {partition} stands still: {reason}");
    Failure::failed(format!("{what}; run `elite archive heal`, then this command again")).into()
}

impl Report {
    fn folded(events: u64, events_folded: u64, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let events_per_second = events_folded as f64 / seconds;
        let (log, log_made_anew, backup, keys, parked, tables) = (Uuid::nil(), false, None, 0, 0, Vec::new());
        Self {
            log,
            log_made_anew,
            events,
            events_folded,
            seconds,
            events_per_second,
            backup,
            keys,
            parked,
            tables,
        }
    }
}

/// What was decided since the backup holds: who was erased stays erased. Work that had been given up stays given up.
async fn settle(node: &Node, backup: Option<&Backup>, report: Report) -> Result<Report> {
    let erased = erasure::erased(&node.store.client().await?).await?;
    for Subject { tenant, subject } in erased {
        node.keyring.destroy(&Tenant(tenant), &subject).await?;
    }
    let work = backup.into_iter().flat_map(|backup| &backup.parked);
    let work: Vec<_> = work.filter(|letter| letter.subscription != SUBSCRIPTION).cloned().collect();
    let parked = dead_letter::park_again(&node.store.client().await?, &work).await?;
    Ok(Report { parked, tables: digests(&node.store, PROJECTIONS).await?, ..report })
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
