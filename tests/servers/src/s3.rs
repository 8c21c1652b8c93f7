//! A server that speaks S3: `moto`, a Python package installed into a directory of its own. Only for the long tests.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    free_port, full,
    guard::{Guarded, directory, log_of},
    program::until,
};

/// What is installed.
const PACKAGE: &str = "moto[server]==5.2.5";
/// How long the server may take to answer.
const START_TIME_MAX: Duration = Duration::from_mins(2);

/// A running server without buckets; stopped and removed when dropped.
#[derive(Debug)]
pub struct S3Server {
    port: u16,
    _directory: PathBuf,
    _running: Guarded,
}

impl S3Server {
    /// Installs and starts a server, or says why it cannot be had.
    pub fn start() -> Result<Self, String> {
        if !full() {
            return Err("it installs a Python package; set ELITE_TESTS_FULL=1".to_owned());
        }
        let (port, directory) = (free_port(), directory());
        let programs = installed(&directory).inspect_err(|_| {
            std::fs::remove_dir_all(&directory).ok();
        })?;
        let server = programs.join("moto_server").display().to_string();
        let command = [server, "-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()];
        let running = Guarded::start(&directory, "KILL", &command);
        let server = Self { port, _directory: directory.clone(), _running: running };
        let ready = || server.ask("GET", "/").ok();
        until("the S3 server answers", START_TIME_MAX, ready, || log_of(&directory));
        Ok(server)
    }

    /// `http://…` of this server. It takes any key.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes a bucket.
    pub fn make_bucket(&self, name: &str) {
        let answer = self.ask("PUT", &format!("/{name}")).expect("the S3 server answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "no bucket {name}: {answer}");
    }

    fn ask(&self, method: &str, path: &str) -> std::io::Result<String> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

/// Installs the server below `directory` and says where its programs are.
fn installed(directory: &Path) -> Result<PathBuf, String> {
    let place = directory.join("python");
    ended_well(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    let programs = place.join("bin");
    let mut install = Command::new(programs.join("pip"));
    ended_well(install.args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    Ok(programs)
}

fn ended_well(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?} does not start: {error}"))?;
    let told = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{command:?} failed: {}", told())) }
}
