//! What a test changed on the machine is taken back, however the test ends: a shell waits on a pipe that the test program
//! holds open, and takes it back when the pipe closes.

use std::process::{Child, Command, Stdio};

/// Something to take back; taken back when dropped.
#[derive(Debug)]
pub(crate) struct Undo(Child);

impl Undo {
    /// Runs `script` with `arguments` as `$1`, `$2` and so on when the test is over.
    pub(crate) fn later(script: &str, arguments: &[&str]) -> Self {
        let waiting = format!("trap '' INT TERM; read -r word\n{script}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &waiting, "sh"]).args(arguments).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.spawn().expect("sh starts"))
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        self.0.stdin.take();
        if let Err(error) = self.0.wait() {
            eprintln!("what a test changed may not be taken back: {error}");
        }
    }
}

/// For what needs rights or parts of the kernel that not every machine has: says so, and fails in the long runs.
pub fn not_run(why: &str) {
    assert!(!crate::full(), "the long runs need it: {why}");
    println!("NOT RUN: {why}");
}
