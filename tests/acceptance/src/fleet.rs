//! A fleet: workers in processes of their own, sharing one Redis and one PostgreSQL.

use std::{fs, path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use servers::{PostgresServer, RedisOptions, RedisServer};
use tempfile::TempDir;

use crate::{
    Ended, Launched, Process, elite, outcome,
    program::{command, elite_on_a_terminal},
    until,
};

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

    /// Gives processes that start from now on other servers, which are empty.
    pub fn move_to(&mut self, redis: Option<RedisServer>, postgres: Option<PostgresServer>) {
        if let Some(redis) = redis {
            self.set("REDIS_URL", &redis.url());
            self.redis = redis;
        }
        if let Some(postgres) = postgres {
            self.database = postgres.database();
            self.set("DATABASE_URL", &self.database.clone());
            self.postgres = postgres;
        }
    }

    /// The directory that everything runs in; blobs are in `blobs` below.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What `psql` prints for `sql`.
    pub fn sql(&self, sql: &str) -> String {
        self.postgres.sql(&self.database, sql).trim().to_owned()
    }

    /// The same, where the database may not do it.
    pub fn try_sql(&self, sql: &str) -> Option<String> {
        self.postgres.try_sql(&self.database, sql).map(|printed| printed.trim().to_owned())
    }

    /// Runs `elite ARGS --json` beside the workers.
    pub async fn elite(&self, args: &[&str]) -> Ended {
        elite(self.home(), &self.environment(), &[args, &["--json"]].concat()).await
    }

    /// What somebody at a terminal sees of `elite ARGS`, which ends well.
    pub async fn on_a_terminal(&self, args: &[&str]) -> String {
        elite_on_a_terminal(self.home(), &self.environment(), args).await
    }

    /// The JSON that `elite ARGS` prints when it ends well.
    pub async fn told(&self, args: &[&str]) -> Value {
        self.elite(args).await.expect(0).json()
    }

    /// Starts `elite ARGS --json` and does not wait for its end.
    pub fn begin(&self, args: &[&str]) -> tokio::process::Child {
        let mut command = command(self.home(), &self.environment());
        command.args(args).arg("--json").stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    /// Starts `elite worker ROLES` and waits until it is ready.
    pub async fn worker(&self, roles: &[&str]) -> Process {
        self.launch(roles, &[]).ready().await
    }

    /// Starts `elite worker ROLES` with more environment variables, and does not wait.
    pub fn launch(&self, roles: &[&str], environment: &[(&str, &str)]) -> Launched {
        let number = self.started.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = self.home().join(format!("worker-{number}.txt"));
        let mut all = self.environment();
        all.extend_from_slice(environment);
        let mut command = command(self.home(), &all);
        command.arg("worker").args(roles).args(["--listen", "127.0.0.1:0", "--json"]);
        Launched::start(command, log)
    }

    /// Waits until everything in the log is folded and no to-do row is left; returns what `worker list` says.
    pub async fn idle(&self) -> Value {
        until("everything is folded and done", IDLE_TIME_MAX, async || {
            let listed = self.told(&["worker", "list"]).await;
            let partitions = listed["partitions"].as_array().cloned().unwrap_or_default();
            let mut folded = partitions.iter().filter(|row| row["subscription"] == "project").peekable();
            let folded = folded.peek().is_some() && folded.all(|partition| partition["lag"] == 0);
            (folded && self.sql("select count(*) from elite.todo") == "0").then_some(listed)
        })
        .await
    }

    /// Proves every row against the log: equal digests, and no key blocked.
    pub async fn verify(&self) -> Value {
        let report = self.told(&["projection", "verify"]).await;
        outcome::assert_verified(&report);
        report
    }

    /// What every worker said, from its start on.
    pub fn logged(&self) -> String {
        let count = self.started.load(std::sync::atomic::Ordering::Relaxed);
        let log = |number| fs::read_to_string(self.home().join(format!("worker-{number}.txt")));
        (0..count).filter_map(|number| log(number).ok()).collect()
    }
}
