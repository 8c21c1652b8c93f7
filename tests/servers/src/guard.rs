//! A server process that cannot outlive its test: its parent is a shell that waits on a pipe held by the test program, and
//! kills the server and removes its directory when the pipe closes.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::program::until;

/// The shell's part. `$1` is the directory, `$2` the signal that ends the server, the rest the server's command.
const SCRIPT: &str = r#"
directory=$1 signal=$2; shift 2
"$@" >>"$directory/server.log" 2>&1 </dev/null &
echo $! >"$directory/started.tmp" && mv "$directory/started.tmp" "$directory/started"
read -r word
kill -s CONT $! 2>/dev/null
kill -s "$signal" $! 2>/dev/null
wait $!
[ "$word" = keep ] || rm -rf "$directory"
"#;
/// How long a shell may take to say which process it started.
const START_TIME_MAX: Duration = Duration::from_secs(20);

/// A guarded server.
#[derive(Debug)]
pub(crate) struct Guarded {
    shell: Child,
    directory: PathBuf,
    pid: u32,
}

impl Guarded {
    /// Starts `command` in `directory`; `signal` ends it.
    pub(crate) fn start(directory: &Path, signal: &str, command: &[String]) -> Self {
        let started = directory.join("started");
        fs::remove_file(&started).ok();
        let log = File::options().create(true).append(true).open(directory.join("guard.log"));
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(directory).arg(signal).args(command).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log.expect("the guard can write its log"));
        let shell = shell.spawn().expect("sh starts");
        let pid = || fs::read_to_string(&started).ok()?.trim().parse().ok();
        let pid = until("the server process is started", START_TIME_MAX, pid, || log_of(directory));
        Self { shell, directory: directory.to_owned(), pid }
    }

    /// The server's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends the server and leaves its directory as it is.
    pub(crate) fn end(mut self) {
        if let Some(pipe) = &mut self.shell.stdin {
            pipe.write_all(b"keep\n").ok();
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.shell.stdin.take();
        if let Err(error) = self.shell.wait() {
            eprintln!("the guard of {} is lost: {error}", self.directory.display());
        }
    }
}

/// What a server said last.
pub(crate) fn log_of(directory: &Path) -> String {
    let log = fs::read_to_string(directory.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// A directory for a server; its guard removes it.
pub(crate) fn directory() -> PathBuf {
    let directory = tempfile::Builder::new().prefix("elite-server-").tempdir();
    directory.expect("a directory can be made").keep()
}
