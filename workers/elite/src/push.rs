//! `elite push`: files and folders to a gateway, many at a time, each with its outcome. What the gateway has is not sent again, so a
//! push that was broken off is resumed by repeating it.

mod files;
mod ignoring;
mod known;
mod patience;
mod summary;
mod upload;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::sync::mpsc;

use crate::{asking::progress_bar, config::Config, output, request::Failure};
pub(crate) use files::File;
use known::{ASKED_MAX, Judged};
pub(crate) use summary::Summary;

/// How long a document may take to be parsed before it counts as pending.
pub(crate) const WAIT_DEFAULT: Duration = Duration::from_mins(2);

/// Flags of `elite push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders; folders are searched without hidden files and what .gitignore and .eliteignore leave out
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
    /// Send every file, also those that the gateway has
    #[arg(long)]
    force: bool,
    /// Send what .gitignore and .eliteignore leave out, too
    #[arg(long)]
    no_ignore: bool,
}

impl Args {
    fn wait(&self) -> Option<Duration> {
        (!self.no_wait && self.wait > 0).then_some(Duration::from_secs(self.wait))
    }

    /// Why the gateway is not asked what it has, if it is not.
    fn not_asked(&self) -> Option<&'static str> {
        match self.datasubject {
            _ if self.force => Some("--force sends everything"),
            Some(_) => Some("a person's files are told apart by that person's key, so all are sent"),
            None => None,
        }
    }
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let found = files::find(&args.paths, !args.no_ignore).map_err(Failure::wrong_use)?;
    let default = format!("http://{}", config.listen);
    let gateway = args.gateway.as_deref().unwrap_or(&default).trim_end_matches('/');
    let client = client(args.datasubject.as_deref())?;
    let push = Push::new(&client, gateway, args.parallel.into(), args.wait());
    let health = client.get(format!("{gateway}/healthz")).send().await;
    if let Err(error) = health.and_then(reqwest::Response::error_for_status) {
        return Err(Failure::unreachable(format!(
            "no gateway answers at {gateway} ({error}); start one with `elite up`"
        ))
        .into());
    }
    if let Some(reason) = args.not_asked() {
        push.stop_asking(reason.to_owned());
    }
    let summary = Summary { ignored: found.ignored, ..push.all(found.files).await };
    if config.json {
        output::json(&serde_json::to_value(&summary)?);
    } else {
        summary.print();
    }
    if let Some(reason) = summary.not_asked.as_ref().filter(|_| args.not_asked().is_none()) {
        eprintln!("{reason}, so all files were sent");
    }
    if summary.not_sent > 0 {
        return Err(Failure::unreachable(format!(
            "the gateway at {gateway} stopped answering: {} of {} files were not sent; push again to send the rest",
            summary.not_sent, summary.files
        ))
        .into());
    }
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A client that says whose data it sends, if it is somebody's.
fn client(datasubject: Option<&str>) -> Result<Client> {
    let Some(datasubject) = datasubject else { return Ok(Client::new()) };
    let wrong = |error| Failure::wrong_use(format!("--datasubject `{datasubject}` cannot be sent: {error}"));
    let value = HeaderValue::from_str(datasubject).map_err(wrong)?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-data-subject"), value)]);
    Ok(Client::builder().default_headers(headers).build()?)
}

/// A push on its way.
pub(crate) struct Push<'a> {
    client: &'a Client,
    gateway: &'a str,
    /// Uploads at the same time.
    parallel: usize,
    /// How long a document is waited for.
    wait: Option<Duration>,
    /// Why the gateway is not asked what it has.
    not_asked: OnceLock<String>,
    /// Whether the gateway stopped answering.
    gone: AtomicBool,
    bar: ProgressBar,
}

impl<'a> Push<'a> {
    pub(crate) fn new(client: &'a Client, gateway: &'a str, parallel: usize, wait: Option<Duration>) -> Self {
        let (not_asked, gone) = (OnceLock::new(), AtomicBool::new(false));
        Self { client, gateway, parallel, wait, not_asked, gone, bar: progress_bar() }
    }

    /// Pushes `files`: they are hashed, asked about and sent side by side.
    pub(crate) async fn all(&self, files: Vec<File>) -> Summary {
        let begun = Instant::now();
        self.bar.set_length(files.len() as u64);
        let wait_seconds = self.wait.map(|wait| wait.as_secs());
        let mut summary = Summary { files: files.len(), wait_seconds, ..Summary::default() };
        let (to_judge, hashed) = mpsc::channel(ASKED_MAX);
        let (to_send, judged) = mpsc::channel(ASKED_MAX);
        tokio::join!(
            self.hash(files, to_judge),
            self.judge(hashed, to_send),
            self.send_all(judged, &mut summary)
        );
        self.bar.finish_and_clear();
        summary.not_asked = self.not_asked.get().cloned();
        summary.took(begun.elapsed().as_secs_f64());
        summary
    }

    async fn send_all(&self, judged: mpsc::Receiver<Judged>, summary: &mut Summary) {
        let next = async |mut judged: mpsc::Receiver<Judged>| judged.recv().await.map(|one| (one, judged));
        let ending = stream::unfold(judged, next).map(async |(file, known)| match known {
            Some(document) => (self.outcome_of(&document).await, file, false),
            None => (self.upload(&file).await, file, true),
        });
        let mut ended = std::pin::pin!(ending.buffer_unordered(self.parallel));
        while let Some((outcome, file, sent)) = ended.next().await {
            summary.count(file, outcome, sent);
            self.show(sent, summary.skipped);
        }
    }

    /// Moves the bar. What is skipped is no work: counted as done, it would make the rate and the remaining time of the rest wrong.
    fn show(&self, sent: bool, skipped: usize) {
        if sent {
            self.bar.inc(1);
        } else {
            self.bar.dec_length(1);
            self.bar.set_message(format!("{skipped} already there"));
        }
    }

    fn asks(&self) -> bool {
        self.not_asked.get().is_none() && !self.is_gone()
    }

    /// From here on every file is sent.
    pub(crate) fn stop_asking(&self, reason: String) {
        // Whatever was said first stands.
        self.not_asked.set(reason).ok();
    }

    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    fn gone(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    async fn answers(&self) -> bool {
        self.client.get(format!("{}/healthz", self.gateway)).send().await.is_ok()
    }
}
