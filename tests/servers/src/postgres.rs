//! A PostgreSQL server.
//!
//! It does not flush to the disk: tests kill processes, not machines. A benchmark asks for `fsync` with [`PostgresServer::with`].

use std::{
    net::{SocketAddr, TcpStream},
    ops::{Deref, DerefMut},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    guard::directory,
    program::{free_port, program, run},
    served::Served,
};

/// The superuser of the server, who needs no password on loopback.
const USER: &str = "postgres";

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub struct PostgresServer {
    served: Served,
    databases: AtomicU32,
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
        // An immediate shutdown: the next start recovers from the write-ahead log.
        let served = Served::start(port, directory, arguments, "QUIT", answers);
        Self { served, databases: AtomicU32::new(0) }
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

    fn url(&self, database: &str) -> String {
        url(self.address(), database)
    }
}

impl Deref for PostgresServer {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

impl DerefMut for PostgresServer {
    fn deref_mut(&mut self) -> &mut Served {
        &mut self.served
    }
}

fn url(address: SocketAddr, database: &str) -> String {
    format!("postgres://{USER}@{address}/{database}")
}

fn answers(address: SocketAddr) -> bool {
    let mut client = Command::new(program("psql"));
    let asked = client.args(["--no-psqlrc", "--dbname", &url(address, "postgres"), "--command", "select 1"]);
    TcpStream::connect(address).is_ok() && asked.output().is_ok_and(|output| output.status.success())
}

/// PostgreSQL refuses to run as root.
fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}
