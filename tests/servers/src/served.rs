//! A server of its own: where it is, and killing and starting it again.

use std::{
    fs, iter,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    guard::{Guarded, log_of},
    program::until,
};

/// How long a server may take to answer, on a busy machine and with a log to load.
const START_TIME_MAX: Duration = Duration::from_mins(1);

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    directory: PathBuf,
    arguments: Vec<String>,
    /// The signal that ends it as a crash would.
    crash: &'static str,
    /// Whether it answers at an address.
    answers: fn(SocketAddr) -> bool,
    running: Option<Guarded>,
}

impl Served {
    /// Starts a server in `directory` that will listen on `address`, and waits until it answers.
    pub(crate) fn start(
        address: SocketAddr,
        directory: PathBuf,
        arguments: Vec<String>,
        crash: &'static str,
        answers: fn(SocketAddr) -> bool,
    ) -> Self {
        let mut server = Self { address, directory, arguments, crash, answers, running: None };
        server.restart();
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its first process.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").pid()
    }

    /// Its first process and those that this one started.
    pub fn pids(&self) -> Vec<u32> {
        let first = self.pid();
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.unwrap_or_default();
        iter::once(first).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Ends it as a crash would: every connection breaks, and what it did not write is lost.
    pub fn kill(&mut self) {
        self.running.take().expect("the server runs").end();
    }

    /// Whether nobody listens there any more: it ended by itself.
    pub fn has_ended(&self) -> bool {
        TcpStream::connect(self.address).is_err()
    }

    /// Starts it again on the same port and files.
    pub fn restart(&mut self) {
        assert!(self.running.is_none(), "the server runs");
        self.running = Some(Guarded::start(&self.directory, self.crash, &self.arguments));
        let ready = || (self.answers)(self.address()).then_some(());
        until("the server answers", START_TIME_MAX, ready, || log_of(&self.directory));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The guard of a running server removes its directory.
        if self.running.is_none() {
            fs::remove_dir_all(&self.directory).ok();
        }
    }
}
