//! A process of the program that serves until it is stopped or killed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::Answer;

/// How long a start may take, on a busy machine in an unoptimised build.
const START_TIME_MAX: Duration = Duration::from_mins(2);
/// How long a stop may take.
const STOP_TIME_MAX: Duration = Duration::from_mins(1);
/// Lines of a log that a failed test shows.
const LOG_LINES_SHOWN: usize = 40;

/// What a process said last, by the file of its standard error.
pub(crate) fn last_words(log: &Path) -> String {
    let logged = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = logged.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}

/// A process that may not be ready yet.
pub struct Launched {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Launched {
    /// Starts `command`, whose standard error is added to the file `log`.
    pub(crate) fn start(mut command: Command, log: PathBuf) -> Self {
        let stderr = File::options().create(true).append(true).open(&log).expect("the log can be written");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Self { child, stdout, log }
    }

    /// Waits until it says that it is ready.
    pub async fn ready(mut self) -> Process {
        let mut line = String::new();
        let read = timeout(START_TIME_MAX, self.stdout.read_line(&mut line)).await;
        read.expect("the process is ready in time").expect("standard output can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(ready["ready"], true, "the process did not start: {line}{}", last_words(&self.log));
        Process { child: self.child, ready, log: self.log, _stdout: self.stdout }
    }
}

/// A process that serves; killed when dropped.
pub struct Process {
    child: Child,
    ready: Value,
    log: PathBuf,
    // Held open, so that the process may print.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// `http://ADDRESS` of its gateway.
    pub fn base(&self) -> String {
        format!("http://{}", self.ready["address"].as_str().expect("the process has a gateway"))
    }

    /// How long the start took until it was ready, as the process says.
    pub fn start_seconds(&self) -> f64 {
        self.ready["seconds"].as_f64().unwrap_or_default()
    }

    /// The operating system's number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("a running process has a number")
    }

    /// What it said so far.
    pub fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Hands in a document as raw bytes.
    pub async fn upload(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
        let request = Client::new().post(format!("{}/ingest", self.base())).query(&[("name", name)]);
        let request = request.header("content-type", "application/octet-stream").body(bytes.into());
        let answer = Answer::to(request).await;
        answer.unwrap_or_else(|error| panic!("no answer: {error:?}\n{}", self.logged()))
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a process of ours can be killed");
    }

    /// Sends it a signal, as `STOP`, `CONT` or `TERM`.
    pub async fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().await.expect("`kill` is there");
        assert!(sent.success(), "the process takes signals");
    }

    /// SIGTERM, and its end.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM").await;
        let ended = timeout(STOP_TIME_MAX, self.child.wait()).await;
        ended.expect("the process stops in time").expect("its end can be waited for")
    }
}
