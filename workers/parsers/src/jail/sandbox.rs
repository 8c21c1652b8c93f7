//! What the child does to itself: limits, no files, few system calls. Irreversible by design.
//!
//! Two seccomp filters are stacked and the stricter answer wins. The first kills the process for what no parser has any
//! business with; the second lets through what the allocator and the pipes need and answers everything else with EPERM,
//! so that a harmless question of the C library (is there a time zone file?) is not a death sentence.

use std::io;

use rlimit::Resource;

use super::{JailReport, Launch, Protection};

/// Address space of a child. A real document takes a tenth of it.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Processor seconds for one document; a backstop for when the parent, which keeps the wall clock, is gone.
const PROCESSOR_SECONDS_MAX: f64 = 10.0;

/// Locks this process up for good.
pub(super) fn enter() -> io::Result<JailReport> {
    lower(Resource::AS, MEMORY_BYTES_MAX)?;
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

/// Prepares this process for becoming a plugin. A layer the kernel does not know is left out, as for a parser.
pub(super) fn enter_for_plugin(launch: &Launch) -> io::Result<()> {
    /// Open files a program may have.
    const FILES_MAX: u64 = 256;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds, small and positive"
    )]
    let seconds = launch.seconds_max.ceil() as u32;
    kernel::close_inherited();
    lower(Resource::AS, launch.memory_bytes_max)?;
    lower(Resource::CORE, 0)?;
    lower(Resource::FSIZE, 0)?;
    lower(Resource::NOFILE, FILES_MAX)?;
    // The parent keeps the wall clock. If it dies, this one ends what it left running.
    nix::unistd::alarm::set(seconds + 1);
    let (_, hard) = Resource::CPU.get()?;
    let hard = hard.min(u64::from(seconds) + 1);
    Resource::CPU.set(hard.min(u64::from(seconds)), hard)?;
    kernel::deny_files_but(launch)?;
    kernel::deny_system_calls_of_plugin()
}

/// Sets a limit, or keeps the one that is in force if that is lower: raising is for the privileged.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let (_, hard) = resource.get()?;
    resource.set(limit.min(hard), limit.min(hard))
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
    pub(super) fn deny_files_but(_launch: &super::Launch) -> io::Result<()> {
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
    pub(super) fn deny_system_calls_of_plugin() -> io::Result<()> {
        Ok(())
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
