//! What the child does to itself: limits, no files, few system calls. Irreversible by design.
//!
//! Two seccomp filters are stacked and the stricter answer wins. The first kills the process for what no parser has any
//! business with; the second lets through what the allocator and the pipes need and answers everything else with EPERM,
//! so that a harmless question of the C library (is there a time zone file?) is not a death sentence.

use std::io;

use rlimit::Resource;

use super::{JailReport, Protection};

/// Address space of a child. A real document takes a tenth of it.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Processor seconds for one document; a backstop for when the parent, which keeps the wall clock, is gone.
const PROCESSOR_SECONDS_MAX: f64 = 10.0;

/// Locks this process up for good.
pub(super) fn enter() -> io::Result<JailReport> {
    Resource::AS.set(MEMORY_BYTES_MAX, MEMORY_BYTES_MAX)?;
    Resource::CORE.set(0, 0)?;
    let closed = kernel::close_inherited();
    allow_processor_time(0.0)?;
    let files = kernel::deny_files()?;
    // After Landlock, which needs a descriptor to set itself up.
    Resource::NOFILE.set(3, 3)?;
    let system_calls = kernel::deny_system_calls()?;
    let limits = if closed { Protection::Full } else { Protection::Partial };
    Ok(JailReport { limits, files, system_calls })
}

/// Allows one more document's worth of processor time. The kernel counts over the life of the process; busy wall time
/// bounds what was used so far from above.
pub(super) fn allow_processor_time(busy_seconds: f64) -> io::Result<()> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds, small and positive"
    )]
    let soft = (busy_seconds + PROCESSOR_SECONDS_MAX).ceil() as u64;
    let (_, hard) = Resource::CPU.get()?;
    Resource::CPU.set(soft.min(hard), hard)
}

#[cfg(target_os = "linux")]
#[path = "sandbox/linux.rs"]
mod kernel;

#[cfg(not(target_os = "linux"))]
mod kernel {
    //! Other systems have the limits and the separate process only; the report says so.

    use super::{Protection, io};

    pub(super) fn close_inherited() -> bool {
        false
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
    pub(super) fn deny_files() -> io::Result<Protection> {
        Ok(Protection::Missing)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
    pub(super) fn deny_system_calls() -> io::Result<Protection> {
        Ok(Protection::Missing)
    }
}
