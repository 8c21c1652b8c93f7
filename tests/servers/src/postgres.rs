//! A PostgreSQL server.
//!
//! It does not flush to the disk: tests kill processes, not machines. A benchmark asks for `fsync` with [`PostgresServer::with`].

use std::{
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    guard::{Guarded, directory, log_of},
    program::{free_port, program, run, until},
};

/// How long a server may take to answer, recovery included.
const START_TIME_MAX: Duration = Duration::from_mins(1);
/// The superuser of the server, who needs no password on loopback.
const USER: &str = "postgres";

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub struct PostgresServer {
    port: u16,
    directory: PathBuf,
    arguments: Vec<String>,
    databases: AtomicU32,
    running: Option<Guarded>,
}

/// One server for all tests of a program; it ends with the program.
pub fn postgres() -> &'static PostgresServer {
    static SHARED: LazyLock<PostgresServer> = LazyLock::new(PostgresServer::start);
    &SHARED
}

impl PostgresServer {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with further settings, which win over ours.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let (port, directory) = (free_port(), directory());
        let data = directory.join("data");
        let mut prefix = Vec::new();
        if is_root() {
            run(Command::new("chown").arg(USER).arg(&directory));
            prefix = ["setpriv", &format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups"]
                .map(str::to_owned)
                .to_vec();
        }
        let mut initdb = prefix.clone();
        initdb.push(program("initdb").display().to_string());
        initdb
            .extend(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"].map(str::to_owned));
        initdb.extend([format!("--username={USER}"), format!("--pgdata={}", data.display())]);
        run(Command::new(&initdb[0]).args(&initdb[1..]).current_dir("/"));
        let mut arguments = prefix;
        arguments.extend([
            program("postgres").display().to_string(),
            "-D".to_owned(),
            data.display().to_string(),
        ]);
        let port_text = port.to_string();
        let ours = [
            ("port", port_text.as_str()),
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            ("fsync", "off"),
            ("max_connections", "200"),
            ("shared_buffers", "128MB"),
        ];
        for (name, value) in ours.iter().chain(settings) {
            arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        let mut server = Self { port, directory, arguments, databases: AtomicU32::new(0), running: None };
        server.restart();
        server
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&self.url("postgres"), &format!("create database {name}"));
        self.url(&name)
    }

    /// What `psql` prints for `sql`, without headers.
    pub fn sql(&self, url: &str, sql: &str) -> String {
        let mut client = Command::new(program("psql"));
        run(client
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"])
            .args(["--dbname", url, "--command", sql]))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its first process.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").pid()
    }

    /// Ends it as a crash would: every connection breaks, and the next start recovers from the write-ahead log.
    pub fn kill(&mut self) {
        self.running.take().expect("the server runs").end();
    }

    /// Starts it again on the same port and files.
    pub fn restart(&mut self) {
        assert!(self.running.is_none(), "the server runs");
        self.running = Some(Guarded::start(&self.directory, "QUIT", &self.arguments));
        let ready = || self.answers().then_some(());
        until("PostgreSQL answers", START_TIME_MAX, ready, || log_of(&self.directory));
    }

    fn answers(&self) -> bool {
        let mut client = Command::new(program("psql"));
        let asked = client.args(["--no-psqlrc", "--dbname", &self.url("postgres"), "--command", "select 1"]);
        TcpStream::connect(self.address()).is_ok()
            && asked.output().is_ok_and(|output| output.status.success())
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.address())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.running.is_none() {
            std::fs::remove_dir_all(&self.directory).ok();
        }
    }
}

/// PostgreSQL refuses to run as root.
fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}
