//! `elite push`: files and folders to a gateway, many at a time, each with its outcome.

mod files;
mod upload;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;
use futures::{StreamExt, stream};
use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use crate::{asking::progress_bar, config::Config, output, request::Failure};
pub(crate) use files::File;
pub(crate) use upload::{Outcome, upload};

/// How long a document may take to be parsed before it counts as pending.
pub(crate) const WAIT_DEFAULT: Duration = Duration::from_mins(2);

/// Flags of `elite push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders; folders are searched, hidden files are passed over
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The gateway [default: http:// and the address of --listen]
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// The person whose data these are, as an opaque id: names and bytes are sealed with that person's key
    #[arg(long, value_name = "ID")]
    datasubject: Option<String>,
    /// Uploads at the same time
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=512))]
    parallel: u16,
    /// Wait until each document is parsed and can be read back, so many seconds at most; then it counts as pending
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_value_t = WAIT_DEFAULT.as_secs(), default_missing_value = "120")]
    wait: u64,
    /// Do not wait until the documents are parsed
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
}

impl Args {
    fn wait(&self) -> Option<Duration> {
        (!self.no_wait && self.wait > 0).then_some(Duration::from_secs(self.wait))
    }
}

/// How a push ended.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Files that were sent.
    pub(crate) files: usize,
    /// Bytes of the files that were taken in.
    pub(crate) bytes: u64,
    /// Documents that are parsed.
    pub(crate) parsed: usize,
    /// Documents that were there before.
    pub(crate) already_there: usize,
    /// Documents that are taken in and not yet parsed.
    pub(crate) pending: usize,
    /// Longest that each document was waited for; none if it was only handed over.
    pub(crate) wait_seconds: Option<u64>,
    /// Documents nobody could read, with the reason.
    pub(crate) rejected: Vec<Refused>,
    /// Files that could not be handed over.
    pub(crate) failed: Vec<Refused>,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Documents taken in a second.
    pub(crate) documents_per_second: f64,
}

/// A file and why it is not a document now.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let files = files::find(&args.paths).map_err(Failure::wrong_use)?;
    let wait = args.wait();
    let gateway = args.gateway.unwrap_or_else(|| format!("http://{}", config.listen));
    let client = client(args.datasubject.as_deref())?;
    let health = client.get(format!("{gateway}/healthz")).send().await;
    if let Err(error) = health.and_then(reqwest::Response::error_for_status) {
        return Err(Failure::unreachable(format!(
            "no gateway answers at {gateway} ({error}); start one with `elite up`"
        ))
        .into());
    }
    let summary = push(&client, &gateway, files, args.parallel.into(), wait).await;
    if config.json {
        output::json(&serde_json::to_value(&summary)?);
    } else {
        print(&summary);
    }
    let clean = summary.rejected.is_empty() && summary.failed.is_empty();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A client that says whose data it sends, if it is somebody's.
fn client(datasubject: Option<&str>) -> Result<Client> {
    let Some(datasubject) = datasubject else { return Ok(Client::new()) };
    let wrong = |error| Failure::wrong_use(format!("--datasubject `{datasubject}` cannot be sent: {error}"));
    let value = HeaderValue::from_str(datasubject).map_err(wrong)?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-data-subject"), value)]);
    Ok(Client::builder().default_headers(headers).build()?)
}

/// Sends `files`, at most `parallel` at a time.
pub(crate) async fn push(
    client: &Client,
    gateway: &str,
    files: Vec<File>,
    parallel: usize,
    wait: Option<Duration>,
) -> Summary {
    let begun = Instant::now();
    let bar = progress_bar();
    bar.set_length(files.len() as u64);
    let wait_seconds = wait.map(|wait| wait.as_secs());
    let mut summary = Summary { files: files.len(), wait_seconds, ..Summary::default() };
    let sending = files.into_iter().map(|file| async move {
        let outcome = upload(client, gateway, &file, wait).await;
        (file, outcome)
    });
    let mut sent = stream::iter(sending).buffer_unordered(parallel);
    while let Some((file, outcome)) = sent.next().await {
        bar.inc(1);
        summary.count(file, outcome);
    }
    bar.finish_and_clear();
    summary.seconds = begun.elapsed().as_secs_f64();
    let taken = summary.files - summary.failed.len();
    summary.documents_per_second =
        f64::from(u32::try_from(taken).unwrap_or(u32::MAX)) / summary.seconds.max(1e-9);
    summary
}

impl Summary {
    fn count(&mut self, file: File, outcome: Outcome) {
        let reason = match outcome {
            Outcome::Failed(reason) => {
                self.failed.push(Refused { name: file.name, reason });
                return;
            }
            Outcome::Parsed => {
                self.parsed += 1;
                None
            }
            Outcome::AlreadyThere => {
                self.already_there += 1;
                None
            }
            Outcome::Pending => {
                self.pending += 1;
                None
            }
            Outcome::Rejected(reason) => Some(reason),
        };
        self.bytes += file.size_bytes;
        self.rejected.extend(reason.map(|reason| Refused { name: file.name, reason }));
    }
}

fn print(summary: &Summary) {
    for refused in &summary.rejected {
        println!("rejected  {}: {}", refused.name, refused.reason);
    }
    for refused in &summary.failed {
        println!("failed    {}: {}", refused.name, refused.reason);
    }
    let Summary { files, parsed, already_there, pending, seconds, documents_per_second, .. } = summary;
    println!(
        "{files} files: {parsed} parsed, {already_there} already there, {pending} pending, {} rejected, {} failed; \
         {seconds:.1} s, {documents_per_second:.0} documents a second",
        summary.rejected.len(),
        summary.failed.len(),
    );
    if let Some(seconds) = summary.wait_seconds.filter(|_| *pending > 0) {
        println!(
            "what is pending was not parsed within {seconds} s; --wait=SECONDS waits longer, pushing again asks again"
        );
    }
}
