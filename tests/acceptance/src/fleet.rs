//! A fleet: workers in processes of their own, sharing one Redis and one PostgreSQL.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;
use servers::{PostgresServer, RedisOptions, RedisServer};
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
const IDLE_TIME_MAX: Duration = Duration::from_mins(10);

/// The servers, and what every process of the fleet is told.
pub struct Fleet {
    /// The log's server.
    pub redis: RedisServer,
    /// The database's server.
    pub postgres: PostgresServer,
    database: String,
    environment: Vec<(String, String)>,
    home: TempDir,
    started: std::sync::atomic::AtomicU32,
}

/// A process of the fleet; killed when dropped.
pub struct Worker {
    child: Child,
    ready: Value,
    log: PathBuf,
    // Held open, so that the process may print.
    _stdout: BufReader<ChildStdout>,
}

impl Fleet {
    /// Starts the servers and prepares them with `elite migrate`.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::on(RedisServer::start(RedisOptions::default()), PostgresServer::start(), settings).await
    }

    /// Prepares these servers with `elite migrate`.
    pub async fn on(redis: RedisServer, postgres: PostgresServer, settings: &[(&str, &str)]) -> Self {
        let home = tempfile::Builder::new().prefix("elite-").tempdir().expect("a directory can be made");
        let database = postgres.database();
        let blobs = format!("file:{}", home.path().join("blobs").display());
        let ours =
            [("REDIS_URL", redis.url()), ("DATABASE_URL", database.clone()), ("ELITE_BLOB_URL", blobs)];
        let theirs = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let environment =
            ours.into_iter().chain(theirs).map(|(name, value)| (name.to_owned(), value)).collect();
        let fleet = Self { redis, postgres, database, environment, home, started: 0.into() };
        drop(fleet.elite(&["migrate"]).await.expect(0));
        fleet
    }

    /// What every process is told.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Changes what processes are told that start from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The directory that everything runs in; blobs are in `blobs` below.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What `psql` prints for `sql`.
    pub fn sql(&self, sql: &str) -> String {
        self.postgres.sql(&self.database, sql).trim().to_owned()
    }

    /// Runs `elite ARGS --json` beside the workers.
    pub async fn elite(&self, args: &[&str]) -> Ended {
        elite(self.home(), &self.environment(), &[args, &["--json"]].concat()).await
    }

    /// The JSON that `elite ARGS` prints when it ends well.
    pub async fn told(&self, args: &[&str]) -> Value {
        self.elite(args).await.expect(0).json()
    }

    /// Starts `elite worker ROLES` and waits until it is ready.
    pub async fn worker(&self, roles: &[&str]) -> Worker {
        self.launch(roles, &[]).ready().await
    }

    /// Starts `elite worker ROLES` with more environment variables, and does not wait.
    pub fn launch(&self, roles: &[&str], environment: &[(&str, &str)]) -> Launched {
        let number = self.started.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = self.home().join(format!("worker-{number}.txt"));
        let stderr = File::create(&log).expect("the log can be written");
        let mut all = self.environment();
        all.extend_from_slice(environment);
        let mut command = command(self.home(), &all);
        command.arg("worker").args(roles).args(["--listen", "127.0.0.1:0", "--json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Launched { child, stdout, log }
    }

    /// Waits until everything in the log is folded and no to-do row is left; returns what `worker list` says.
    pub async fn idle(&self) -> Value {
        until("everything is folded and done", IDLE_TIME_MAX, async || {
            let listed = self.told(&["worker", "list"]).await;
            let partitions = listed["partitions"].as_array().cloned().unwrap_or_default();
            let folded = !partitions.is_empty() && partitions.iter().all(|partition| partition["lag"] == 0);
            (folded && self.sql("select count(*) from elite.todo") == "0").then_some(listed)
        })
        .await
    }

    /// Proves every row against the log: equal digests, and no key blocked.
    pub async fn verify(&self) -> Value {
        let report = self.told(&["projection", "verify"]).await;
        let projections = report["projections"].as_array().expect("projections are a list");
        assert!(projections.len() >= 10, "{report}");
        assert!(projections.iter().all(|projection| projection["equal"] == true), "{report}");
        assert_eq!(report["blocked_keys"].as_array().map(Vec::len), Some(0), "{report}");
        report
    }

    /// What every worker said, from its start on.
    pub fn logged(&self) -> String {
        let count = self.started.load(std::sync::atomic::Ordering::Relaxed);
        let log = |number| fs::read_to_string(self.home().join(format!("worker-{number}.txt")));
        (0..count).filter_map(|number| log(number).ok()).collect()
    }
}

/// A process that may not be ready yet.
pub struct Launched {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Launched {
    /// Waits until it says that it is ready.
    pub async fn ready(mut self) -> Worker {
        let mut line = String::new();
        let read = timeout(START_TIME_MAX, self.stdout.read_line(&mut line)).await;
        read.expect("the worker is ready in time").expect("standard output can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        assert_eq!(ready["ready"], true, "the worker did not start: {line}{said}");
        Worker { child: self.child, ready, log: self.log, _stdout: self.stdout }
    }
}

impl Worker {
    /// `http://ADDRESS` of its gateway.
    pub fn base(&self) -> String {
        format!("http://{}", self.ready["address"].as_str().expect("the worker has a gateway"))
    }

    /// How long the start took until it was ready, as the worker says.
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
        assert!(sent.success(), "the worker takes signals");
    }

    /// SIGTERM, and its end.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM").await;
        let ended = timeout(STOP_TIME_MAX, self.child.wait()).await;
        ended.expect("the worker stops in time").expect("its end can be waited for")
    }
}
