//! Landlock and seccomp.

use std::{collections::BTreeMap, io};

use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetStatus};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use super::{Launch, Protection};

#[path = "plugin.rs"]
mod plugin;

pub(super) use plugin::{deny_files_but, deny_system_calls_of_plugin};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Closes what the parent had open and did not mean to hand down: everything but the three pipes. Says whether it could.
pub(super) fn close_inherited() -> bool {
    let Ok(listed) = std::fs::read_dir("/proc/self/fd") else { return false };
    let numbers = listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    // Collected first: the listing itself holds one of them, which is closed by then.
    for number in numbers.filter(|number| *number > 2).collect::<Vec<_>>() {
        nix::unistd::close(number).ok();
    }
    true
}

/// Denies every access to the file system, as far as the kernel knows how.
pub(super) fn deny_files() -> io::Result<Protection> {
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    Ok(match restricted.ruleset {
        RulesetStatus::FullyEnforced => Protection::Full,
        RulesetStatus::PartiallyEnforced => Protection::Partial,
        RulesetStatus::NotEnforced => Protection::Missing,
    })
}

/// Installs both filters. A kernel without seccomp is reported; a filter that does not fit is an error of ours.
pub(super) fn deny_system_calls() -> io::Result<Protection> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(Protection::Missing) };
    let deadly = compile(deadly()?, SeccompAction::Allow, SeccompAction::KillProcess, arch)?;
    let harmless = compile(harmless()?, SeccompAction::Errno(1), SeccompAction::Allow, arch)?;
    for filter in [&deadly, &harmless] {
        match seccompiler::apply_filter(filter) {
            Ok(()) => {}
            Err(seccompiler::Error::Prctl(_) | seccompiler::Error::Seccomp(_)) => {
                return Ok(Protection::Missing);
            }
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Ok(Protection::Full)
}

fn compile(
    rules: Rules,
    otherwise: SeccompAction,
    on_match: SeccompAction,
    arch: TargetArch,
) -> io::Result<BpfProgram> {
    let filter = SeccompFilter::new(rules, otherwise, on_match, arch).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}

/// Network, programs, processes, other processes, and opening anything to write.
fn deadly() -> io::Result<Rules> {
    let mut rules: Rules = DEADLY.iter().map(|call| (*call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Ne, own)?]);
    rules.insert(libc::SYS_openat, to_write(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, to_write(1)?);
    Ok(rules)
}

/// Whether the flags in argument `flags` ask for more than reading.
fn to_write(flags: u8) -> io::Result<Vec<SeccompRule>> {
    let mode = SeccompCmpOp::MaskedEq(libc::O_ACCMODE as u64);
    let create = SeccompCmpOp::MaskedEq(libc::O_CREAT as u64);
    Ok(vec![
        when(flags, mode.clone(), libc::O_WRONLY as u64)?,
        when(flags, mode, libc::O_RDWR as u64)?,
        when(flags, create, libc::O_CREAT as u64)?,
    ])
}

/// What memory, the two pipes, dying and the clock need. Changing limits is allowed for the process itself only.
fn harmless() -> io::Result<Rules> {
    let mut rules: Rules = HARMLESS.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_prlimit64, vec![when(0, SeccompCmpOp::Eq, 0)?]);
    rules.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Eq, u64::from(std::process::id()))?]);
    Ok(rules)
}

fn when(argument: u8, comparison: SeccompCmpOp, value: u64) -> io::Result<SeccompRule> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, comparison, value)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(io::Error::other)
}

const DEADLY: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    libc::SYS_openat2,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_mount,
    libc::SYS_unshare,
    libc::SYS_setns,
];

const HARMLESS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrusage,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];
