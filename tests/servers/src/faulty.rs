//! System calls of a running process that fail, by strace.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::program::program;

/// How long strace may take to let go of a process.
const END_TIME_MAX: Duration = Duration::from_secs(5);

/// A process whose system calls fail; they work again when this is dropped.
#[derive(Debug)]
pub struct Faulty {
    strace: Child,
}

impl Faulty {
    /// Lets calls of these processes, and of those that they start, fail from now on. `fault` is a value of strace's `inject`,
    /// as `fsync,fdatasync:error=EIO`. With a path, only calls on that file. `None` if this machine does not let tests trace
    /// a process.
    pub fn inject(pids: &[u32], fault: &str, path: Option<&Path>) -> Option<Self> {
        let mut strace = Command::new(program("strace"));
        strace.args(["-f", "-o", "/dev/null"]);
        for pid in pids {
            strace.args(["-p", &pid.to_string()]);
        }
        let calls = fault.split(':').next().unwrap_or_default();
        strace.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={fault}")]);
        if let Some(path) = path {
            strace.arg("-P").arg(path);
        }
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = strace.spawn().expect("strace starts");
        let mut said = BufReader::new(strace.stderr.take().expect("standard error is piped"));
        let (mut line, mut attached) = (String::new(), 0);
        // It may say first how it understood the path.
        while attached < pids.len() && said.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            attached = line.matches(" attached").count();
        }
        if attached >= pids.len() {
            // Read on, so that it never waits for us.
            thread::spawn(move || said.read_to_end(&mut Vec::new()));
            return Some(Self { strace });
        }
        println!("{line}");
        strace.wait().ok();
        None
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        // Told, it lets go of the process in order. When that ends in the same moment, it may wait for it for ever.
        for signal in ["INT", "KILL"] {
            let told = Command::new("kill").args(["-s", signal, &self.strace.id().to_string()]).status();
            let begun = Instant::now();
            while told.is_ok() && begun.elapsed() < END_TIME_MAX {
                if self.strace.try_wait().is_ok_and(|ended| ended.is_some()) {
                    return;
                }
                thread::park_timeout(Duration::from_millis(10));
            }
        }
        eprintln!("strace may be left behind");
    }
}
