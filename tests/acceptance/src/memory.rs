//! The most memory a worker had in use so far, as the kernel counts it.

use std::fs;

use crate::Process;

impl Process {
    /// The peak of its resident memory, in bytes.
    pub fn memory_bytes_max(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the worker runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kibibytes.expect("the kernel tells a process's peak") * 1024
    }
}
