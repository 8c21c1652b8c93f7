//! One Redis server, or a replica of one.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    ops::{Deref, DerefMut},
    process::Command,
    time::Duration,
};

use crate::{
    Network,
    clock::clock_ahead,
    guard::{directory, log_of},
    port::free_port,
    program::{program, run, until},
    served::Served,
};

/// How long a replica may take to have everything.
const SYNC_TIME_MAX: Duration = Duration::from_mins(1);

/// When the append-only file is flushed to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before every answer.
    #[default]
    Always,
    /// Once a second.
    EverySecond,
    /// There is no append-only file.
    Never,
}

/// How a server runs.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    /// When it flushes.
    pub fsync: Fsync,
    /// Further lines of its configuration, which win over ours.
    pub directives: Vec<(&'static str, String)>,
    /// How far its clock is ahead, in whole seconds.
    pub clock_ahead: Duration,
}

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub struct RedisServer(Served);

impl RedisServer {
    /// Starts a server and waits until it answers.
    pub fn start(options: RedisOptions) -> Self {
        Self::listening(Ipv4Addr::LOCALHOST, &[], options)
    }

    /// Starts a server in a network of its own.
    pub fn start_in(network: &Network, options: RedisOptions) -> Self {
        Self::listening(network.address(), &network.prefix(), options)
    }

    fn listening(host: Ipv4Addr, prefix: &[String], options: RedisOptions) -> Self {
        let (port, directory) = (free_port(), directory());
        let (appendonly, appendfsync) = match options.fsync {
            Fsync::Always => ("yes", "always"),
            Fsync::EverySecond => ("yes", "everysec"),
            Fsync::Never => ("no", "no"),
        };
        let ours = [
            ("port", port.to_string()),
            ("bind", host.to_string()),
            ("protected-mode", "no".to_owned()),
            ("dir", directory.display().to_string()),
            ("save", String::new()),
            ("appendonly", appendonly.to_owned()),
            ("appendfsync", appendfsync.to_owned()),
            ("maxmemory-policy", "noeviction".to_owned()),
            ("repl-diskless-sync-delay", "0".to_owned()),
        ];
        let mut arguments = prefix.to_vec();
        if !options.clock_ahead.is_zero() {
            arguments.extend(clock_ahead(options.clock_ahead, &directory));
        }
        arguments.push(program("redis-server").display().to_string());
        for (name, value) in ours.into_iter().chain(options.directives) {
            arguments.push(format!("--{name}"));
            arguments.push(value);
        }
        Self(Served::start((host, port).into(), directory, arguments, "KILL", answers))
    }

    /// Starts a replica of this server and waits until it has everything.
    #[must_use]
    pub fn replica(&self, mut options: RedisOptions) -> Self {
        options.directives.push(("replicaof", format!("127.0.0.1 {}", self.port())));
        let replica = Self::start(options);
        let linked = || replica.ask(&["INFO", "replication"]).contains("master_link_status:up").then_some(());
        until("the replica has caught up", SYNC_TIME_MAX, linked, || log_of(replica.directory()));
        replica
    }

    /// `redis://…` of this server.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// The answer to one command, as `redis-cli` prints it.
    pub fn ask(&self, command: &[&str]) -> String {
        let (host, port) = (self.address().ip().to_string(), self.port().to_string());
        let mut client = Command::new(program("redis-cli"));
        run(client.args(["-h", &host, "-p", &port]).args(command))
    }
}

impl Deref for RedisServer {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl DerefMut for RedisServer {
    fn deref_mut(&mut self) -> &mut Served {
        &mut self.0
    }
}

/// Whether the server has loaded its data.
fn answers(address: SocketAddr) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ping().unwrap_or(false)
}
