//! A running `elite up`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Answer, Ended, Launched, Process, elite, outcome, process::last_words, program::command, until};

/// How long all work may take that was handed in.
const IDLE_TIME_MAX: Duration = Duration::from_mins(3);
/// A node with a directory of its own; killed and gone when dropped.
pub struct Node {
    running: Option<Process>,
    environment: Vec<(String, String)>,
    client: Client,
    home: PathBuf,
    /// Gone with the node, unless somebody else made it.
    own: Option<TempDir>,
}

impl Node {
    /// Starts a node in an empty directory.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a node with environment variables.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        let home = tempfile::Builder::new().prefix("elite-").tempdir().expect("a directory can be made");
        let mut node = Self::start_in(home.path(), environment).await;
        node.own = Some(home);
        node
    }

    /// Starts a node in a directory that outlives it.
    pub async fn start_in(home: &Path, environment: &[(&str, &str)]) -> Self {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (environment, home) = (owned.collect(), home.to_owned());
        let mut node = Self { running: None, environment, client: Client::new(), home, own: None };
        node.restart().await;
        node
    }

    /// Starts the node again after it was stopped or killed. Its address is a new one.
    pub async fn restart(&mut self) {
        assert!(self.running.is_none(), "the node runs");
        let environment = self.environment();
        let mut command = command(self.home(), &environment);
        command.args(["up", "--data-dir", "data", "--listen", "127.0.0.1:0", "--json"]);
        let launched = Launched::start(command, self.log());
        self.running = Some(launched.ready().await);
    }

    fn process(&self) -> &Process {
        self.running.as_ref().expect("the node runs")
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The directory it was started in; its data is in `data` below.
    pub fn home(&self) -> &Path {
        &self.home
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

    /// The operating system's number of the process.
    pub fn pid(&self) -> u32 {
        self.process().pid()
    }

    /// How long the last start took until it was ready, as the node says.
    pub fn start_seconds(&self) -> f64 {
        self.process().start_seconds()
    }

    /// `http://ADDRESS`.
    pub fn base(&self) -> String {
        self.process().base()
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
        answer.unwrap_or_else(|error| panic!("no answer: {error:?}\n{}", last_words(&self.log())))
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
        outcome::assert_verified(&report);
        report
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.running.take().expect("the node runs").kill().await;
    }

    /// SIGTERM, and its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.running.take().expect("the node runs").stop().await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the node said last:\n{}", last_words(&self.log()));
        }
    }
}
