//! A PostgreSQL server.
//!
//! It does not flush to the disk: tests kill processes, not machines. A benchmark asks for `fsync` with [`PostgresServer::with`].

use std::{
    fs::File,
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    ops::{Deref, DerefMut},
    path::Path,
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    Network,
    guard::directory,
    port::free_port,
    program::{program, run},
    served::Served,
};

/// The superuser of the server, who needs no password on loopback.
const USER: &str = "postgres";

/// How long a server that is there takes to accept a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(2);

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
        Self::listening(Ipv4Addr::LOCALHOST, Vec::new(), None, &[], settings)
    }

    /// Starts a server with its data in a directory, which it makes or goes on with.
    pub fn at(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::listening(Ipv4Addr::LOCALHOST, Vec::new(), Some(data), &[], settings)
    }

    /// Starts a new server with its write-ahead log in an empty directory elsewhere, in the smallest files that there are.
    pub fn with_log_at(log: &Path, settings: &[(&str, &str)]) -> Self {
        let files = ["--wal-segsize=1".to_owned(), format!("--waldir={}", log.display())];
        Self::listening(Ipv4Addr::LOCALHOST, Vec::new(), None, &files, settings)
    }

    /// Starts a server in a network of its own.
    pub fn start_in(network: &Network) -> Self {
        Self::listening(network.address(), network.prefix(), None, &[], &[])
    }

    fn listening(
        host: Ipv4Addr,
        mut prefix: Vec<String>,
        data: Option<&Path>,
        files: &[String],
        settings: &[(&str, &str)],
    ) -> Self {
        let (port, directory) = (free_port(), directory());
        let data = data.map_or_else(|| directory.join("data"), Path::to_owned);
        if is_root() {
            run(Command::new("chown").arg(USER).arg(&directory));
            let user = ["setpriv", &format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups"];
            prefix.extend(user.map(str::to_owned));
        }
        if !data.join("PG_VERSION").exists() {
            make_cluster(&prefix, &data, files, settings.contains(&("fsync", "on")));
        }
        let mut arguments = prefix;
        arguments.extend([
            program("postgres").display().to_string(),
            "-D".to_owned(),
            data.display().to_string(),
        ]);
        let (host_text, port_text) = (host.to_string(), port.to_string());
        let ours = [
            ("port", port_text.as_str()),
            ("listen_addresses", host_text.as_str()),
            ("unix_socket_directories", ""),
            ("fsync", "off"),
            ("max_connections", "200"),
            ("shared_buffers", "128MB"),
        ];
        for (name, value) in ours.iter().chain(settings) {
            arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        // An immediate shutdown: the next start recovers from the write-ahead log.
        let served = Served::start((host, port).into(), directory, arguments, "QUIT", answers);
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
        run(psql(url).args(["--command", sql]))
    }

    /// The same, where the server may not do it.
    pub fn try_sql(&self, url: &str, sql: &str) -> Option<String> {
        let output = psql(url).args(["--command", sql]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What `psql` prints for a file of statements until its end, or until the server is gone.
    pub fn script(url: &str, statements: &Path) -> String {
        let output = psql(url).arg("--file").arg(statements).output().expect("psql starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
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

/// Whoever reaches it may do everything: it listens on loopback, or in a network of its own.
fn make_cluster(prefix: &[String], data: &Path, files: &[String], sync: bool) {
    let mut initdb = prefix.to_vec();
    initdb.push(program("initdb").display().to_string());
    let ours = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"];
    if !sync {
        initdb.push("--no-sync".to_owned());
    }
    initdb.extend(ours.map(str::to_owned));
    initdb.extend_from_slice(files);
    initdb.extend([format!("--username={USER}"), format!("--pgdata={}", data.display())]);
    run(Command::new(&initdb[0]).args(&initdb[1..]).current_dir("/"));
    let access = File::options().append(true).open(data.join("pg_hba.conf"));
    access
        .and_then(|mut file| file.write_all(b"host all all 10.0.0.0/8 trust\n"))
        .expect("access can be given");
}

fn url(address: SocketAddr, database: &str) -> String {
    format!("postgres://{USER}@{address}/{database}")
}

fn psql(url: &str) -> Command {
    let mut client = Command::new(program("psql"));
    client.args([
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "-v",
        "ON_ERROR_STOP=1",
        "--dbname",
        url,
    ]);
    client
}

fn answers(address: SocketAddr) -> bool {
    let mut client = Command::new(program("psql"));
    let asked = client.args(["--no-psqlrc", "--dbname", &url(address, "postgres"), "--command", "select 1"]);
    TcpStream::connect_timeout(&address, CONNECT_TIME_MAX).is_ok()
        && asked.output().is_ok_and(|output| output.status.success())
}

/// PostgreSQL refuses to run as root.
fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}
