//! What the machine has: programs, and how long tests may take.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

/// Where programs are.
const DIRECTORIES: &[&str] = &["/usr/bin", "/usr/local/bin", "/usr/sbin", "/bin"];
/// Where Debian keeps PostgreSQL's own programs: below it a directory for each version.
const POSTGRES: &str = "/usr/lib/postgresql";
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The path of a program; panics with the Debian package that has it.
pub fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(POSTGRES).into_iter().flatten().flatten();
    let directories = versions.map(|version| version.path().join("bin"));
    let directories =
        other_postgres().into_iter().chain(DIRECTORIES.iter().map(PathBuf::from)).chain(directories);
    let found = directories.map(|directory| directory.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| {
        let package = match name {
            "redis-server" => "redis-server",
            "redis-cli" | "redis-benchmark" => "redis-tools",
            "initdb" | "postgres" => "postgresql",
            "psql" => "postgresql-client",
            other => other,
        };
        panic!("{name} is missing; as root, run: apt-get install --no-install-recommends {package}")
    })
}

/// The programs of another PostgreSQL than the machine's, where somebody names one: one with pgvector, which few systems have.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
fn other_postgres() -> Option<PathBuf> {
    std::env::var_os("ELITE_TESTS_POSTGRES").map(PathBuf::from)
}

/// Whether the long runs are asked for, as `./tests/run --full` does.
#[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
pub fn full() -> bool {
    std::env::var_os("ELITE_TESTS_FULL").is_some_and(|value| value == "1")
}

/// A folder of real documents for the long runs, where somebody has one and names it.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
pub fn corpus() -> Option<PathBuf> {
    std::env::var_os("ELITE_TESTS_CORPUS").filter(|_| full()).map(PathBuf::from)
}

/// A directory with a sentence model, where somebody has one and names it.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
pub fn model() -> Option<PathBuf> {
    std::env::var_os("ELITE_TESTS_MODEL").map(PathBuf::from)
}

/// Runs a program to its end and returns what it printed; panics with its words if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let printed = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?} failed: {printed}{}", String::from_utf8_lossy(&stderr));
    printed
}

/// Asks until there is an answer; panics with `what` and `why` when there is none in time.
pub(crate) fn until<T>(
    what: &str,
    time_max: Duration,
    mut ask: impl FnMut() -> Option<T>,
    why: impl Fn() -> String,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < time_max, "not within {} s: {what}\n{}", time_max.as_secs(), why());
        thread::park_timeout(LOOK_EVERY);
    }
}
