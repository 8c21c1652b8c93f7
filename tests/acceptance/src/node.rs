//! A running `elite up`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{Answer, Ended, elite, program::command, until};

/// How long a start may take, on a busy machine in an unoptimised build.
const START_TIME_MAX: Duration = Duration::from_mins(2);
/// How long a stop may take.
const STOP_TIME_MAX: Duration = Duration::from_mins(1);
/// How long all work may take that was handed in.
const IDLE_TIME_MAX: Duration = Duration::from_mins(3);
/// Lines of the log that a failed test shows.
const LOG_LINES_SHOWN: usize = 40;

/// A node with a directory of its own; killed and gone when dropped.
pub struct Node {
    running: Option<Process>,
    environment: Vec<(String, String)>,
    client: Client,
    home: TempDir,
}

struct Process {
    child: Child,
    address: String,
    seconds: f64,
    // Held open, so that the process may print.
    _stdout: BufReader<ChildStdout>,
}

impl Node {
    /// Starts a node in an empty directory.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a node with environment variables.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        let home = tempfile::Builder::new().prefix("elite-").tempdir().expect("a directory can be made");
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut node = Self { running: None, environment: owned.collect(), client: Client::new(), home };
        node.restart().await;
        node
    }

    /// Starts the node again after it was stopped or killed. Its address is a new one.
    pub async fn restart(&mut self) {
        assert!(self.running.is_none(), "the node runs");
        let log = File::options().create(true).append(true).open(self.log()).expect("the log can be written");
        let environment = self.environment();
        let mut command = command(self.home(), &environment);
        command.args(["up", "--data-dir", "data", "--listen", "127.0.0.1:0", "--json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut line = String::new();
        let read = timeout(START_TIME_MAX, stdout.read_line(&mut line)).await;
        read.expect("the node is ready in time").expect("standard output can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(ready["ready"], true, "the node did not start: {line}{}", self.last_words());
        let address = ready["address"].as_str().expect("a ready node has an address").to_owned();
        let seconds = ready["seconds"].as_f64().unwrap_or_default();
        self.running = Some(Process { child, address, seconds, _stdout: stdout });
    }

    fn process(&self) -> &Process {
        self.running.as_ref().expect("the node runs")
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The directory it was started in; its data is in `data` below.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.home().join("data")
    }

    fn log(&self) -> PathBuf {
        self.home().join("stderr.txt")
    }

    /// What it logged, from its first start on.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn last_words(&self) -> String {
        let logged = self.logged();
        let lines: Vec<&str> = logged.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }

    /// The operating system's number of the process.
    pub fn pid(&self) -> u32 {
        self.process().child.id().expect("a running process has a number")
    }

    /// How long the last start took until it was ready, as the node says.
    pub fn start_seconds(&self) -> f64 {
        self.process().seconds
    }

    /// `http://ADDRESS`.
    pub fn base(&self) -> String {
        format!("http://{}", self.process().address)
    }

    /// The client for its calls.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A GET request that asks for JSON.
    pub fn getting(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base())).header("accept", "application/json")
    }

    /// A POST request.
    pub fn posting(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base()))
    }

    /// Sends a request that must be answered.
    pub async fn ask(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::to(request).await;
        answer.unwrap_or_else(|error| panic!("no answer: {error:?}\n{}", self.last_words()))
    }

    /// What GET answers, which must be 200.
    pub async fn read(&self, path: &str) -> Value {
        self.ask(self.getting(path)).await.expect(200)
    }

    /// Hands in a document as raw bytes.
    pub async fn upload(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
        let request = self.posting("/ingest").query(&[("name", name)]);
        self.ask(request.header("content-type", "application/octet-stream").body(bytes.into())).await
    }

    /// Every document, page by page.
    pub async fn documents(&self) -> Vec<Value> {
        let (mut found, mut path) = (Vec::new(), "/documents?limit=500".to_owned());
        loop {
            let page = self.read(&path).await;
            found.extend(page["documents"].as_array().expect("documents are a list").iter().cloned());
            match page["next"].as_str() {
                Some(next) => path = format!("/documents?limit=500&cursor={next}"),
                None => return found,
            }
        }
    }

    /// Waits until everything is folded and nothing is left to do; returns the status.
    pub async fn idle(&self) -> Value {
        until("everything is folded and done", IDLE_TIME_MAX, async || {
            let status = self.read("/status").await;
            let nothing_to_do = status["todo"].as_array().is_some_and(Vec::is_empty);
            (nothing_to_do && status["subscription"]["lag_events"] == 0).then_some(status)
        })
        .await
    }

    /// Runs `elite ARGS --json` on this node's data directory, beside the node or without it.
    pub async fn elite(&self, args: &[&str]) -> Ended {
        let mut all = args.to_vec();
        all.extend(["--data-dir", "data", "--json"]);
        elite(self.home(), &self.environment(), &all).await
    }

    /// The JSON that `elite ARGS` prints when it ends well.
    pub async fn told(&self, args: &[&str]) -> Value {
        self.elite(args).await.expect(0).json()
    }

    /// Proves every row against the log.
    pub async fn verify(&self) -> Value {
        let report = self.told(&["projection", "verify"]).await;
        let projections = report["projections"].as_array().expect("projections are a list");
        assert!(projections.len() >= 10, "{report}");
        assert!(projections.iter().all(|projection| projection["equal"] == true), "{report}");
        assert_eq!(report["blocked_keys"].as_array().map(Vec::len), Some(0), "{report}");
        report
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        let mut process = self.running.take().expect("the node runs");
        process.child.kill().await.expect("a process of ours can be killed");
    }

    /// SIGTERM, and its end.
    pub async fn stop(&mut self) -> ExitStatus {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("`kill` is there");
        assert!(sent.success(), "the node takes signals");
        let mut process = self.running.take().expect("the node runs");
        let ended = timeout(STOP_TIME_MAX, process.child.wait()).await;
        ended.expect("the node stops in time").expect("its end can be waited for")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the node said last:\n{}", self.last_words());
        }
    }
}
