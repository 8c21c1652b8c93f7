//! The program under test, and commands that run to their end.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::until;

/// How long a command may take.
const COMMAND_TIME_MAX: Duration = Duration::from_mins(5);

/// The `elite` that was built with these tests.
fn program() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("tests are in a folder of the build directory");
    let program = folder.join("elite");
    assert!(program.is_file(), "`{}` is not built; run ./tests/run", program.display());
    program
}

/// The program in `directory`, with no environment but what is given. No model answers, whatever runs on this machine.
pub(crate) fn command(directory: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("OLLAMA_BASE_URL", "http://127.0.0.1:9").envs(environment.iter().copied());
    command.current_dir(directory).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Ended {
    /// Fails unless it ended with this exit code.
    #[track_caller]
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// The JSON it printed.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| {
            panic!("not JSON ({error}): {}\nstderr: {}", self.stdout, self.stderr);
        })
    }

    /// The JSON on each line it printed.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(line).collect()
    }
}

/// Runs `elite ARGS` in `directory` to its end.
pub async fn elite(directory: &Path, environment: &[(&str, &str)], args: &[&str]) -> Ended {
    elite_fed(directory, environment, args, "").await
}

/// Runs `elite ARGS` with `input` on standard input.
pub async fn elite_fed(directory: &Path, environment: &[(&str, &str)], args: &[&str], input: &str) -> Ended {
    let mut command = command(directory, environment);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A command that does not read may be gone already.
    stdin.write_all(input.as_bytes()).await.ok();
    drop(stdin);
    let ended = timeout(COMMAND_TIME_MAX, child.wait_with_output()).await;
    let output = ended.unwrap_or_else(|_| panic!("`elite {}` did not end", args.join(" ")));
    let output = output.expect("a command's end can be waited for");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs `elite ARGS` until `enough` says so, and kills it then; it may end before.
pub async fn elite_killed<F: Future<Output = bool>>(
    directory: &Path,
    args: &[&str],
    time_max: Duration,
    mut enough: impl FnMut() -> F,
) {
    let mut command = command(directory, &[]);
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    until("it did enough to be killed", time_max, || {
        let asked = enough();
        async { asked.await.then_some(()) }
    })
    .await;
    child.kill().await.expect("it can be killed");
}

/// What somebody at a terminal sees of `elite ARGS`, with every redrawing of a line as a line of its own.
pub(crate) async fn elite_on_a_terminal(
    directory: &Path,
    environment: &[(&str, &str)],
    args: &[&str],
) -> String {
    let mut command = Command::new(servers::program("script"));
    command.env_clear().envs(environment.iter().copied()).env("TERM", "xterm").current_dir(directory);
    let typed = [&[program().to_str().expect("a path of ours is text")], args].concat().join(" ");
    command.args(["--quiet", "--return", "--flush", "--command", &typed, "/dev/null"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = timeout(COMMAND_TIME_MAX, command.output()).await;
    let output = ended.unwrap_or_else(|_| panic!("`{typed}` did not end")).expect("script starts");
    let shown = String::from_utf8_lossy(&output.stdout).replace('\r', "\n");
    assert!(output.status.success(), "{shown}");
    shown
}

/// Runs `elite ARGS` for a reader that has gone before anything is printed.
pub async fn elite_unread(directory: &Path, args: &[&str]) -> Ended {
    let mut command = command(directory, &[]);
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = timeout(COMMAND_TIME_MAX, child.wait_with_output()).await.expect("the command ends");
    let output = ended.expect("a command's end can be waited for");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ended { code: output.status.code(), stdout: String::new(), stderr }
}
