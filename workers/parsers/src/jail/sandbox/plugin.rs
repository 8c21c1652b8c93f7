//! Landlock and seccomp for a plugin. It is a whole program and not known to us, so everything is allowed that is not forbidden,
//! and what is forbidden is answered with EPERM: it can then say what it missed.

use std::{
    io,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
};
use seccompiler::{SeccompAction, SeccompCmpOp, TargetArch};

use super::{Launch, Rules, compile, when};

/// Where programs keep their libraries; they may be read and executed.
const LIBRARIES: &[&str] = &["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
/// What a C library or the run-time of a language looks at.
const READABLE: &[&str] =
    &["/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/urandom", "/dev/random", "/dev/zero"];

/// Leaves only the plugin's own programs, libraries and declared paths of the file system, and nothing of the network.
pub(in super::super) fn deny_files_but(launch: &Launch) -> io::Result<()> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let execute = read | AccessFs::Execute;
    let libraries = LIBRARIES
        .iter()
        .map(PathBuf::from)
        .chain(launch.executables.iter().filter_map(|program| own_libraries(program)));
    let executable: Vec<PathBuf> = launch.executables.iter().cloned().chain(libraries).collect();
    let readable = READABLE.iter().map(PathBuf::from).chain(launch.read_paths.iter().cloned());
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
        .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(executable, execute)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, read)))
        .and_then(|rules| {
            rules.add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    Ok(())
}

/// `PREFIX/lib` of `PREFIX/bin/program`, as interpreters that are installed by hand have it.
fn own_libraries(program: &Path) -> Option<PathBuf> {
    let program = program.canonicalize().ok()?;
    let folder = program.parent().filter(|folder| folder.ends_with("bin"))?;
    Some(folder.parent().unwrap_or(Path::new("/")).join("lib"))
}

/// Installs the filters, where the kernel has them.
pub(in super::super) fn deny_system_calls_of_plugin() -> io::Result<()> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(()) };
    let refused = compile(refused()?, SeccompAction::Allow, SeccompAction::Errno(EPERM), arch)?;
    // The flags of `clone3` are in memory, where a filter cannot look. Told that there is none, the C library uses `clone`.
    let unknown: Rules =
        [libc::SYS_clone3].into_iter().flat_map(both_abis).map(|call| (call, Vec::new())).collect();
    let unknown = compile(unknown, SeccompAction::Allow, SeccompAction::Errno(ENOSYS), arch)?;
    for filter in [&refused, &unknown] {
        match seccompiler::apply_filter(filter) {
            Ok(()) | Err(seccompiler::Error::Prctl(_) | seccompiler::Error::Seccomp(_)) => {}
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Ok(())
}

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;

/// The same call by its number in the x32 variant of x86-64, which a list of what is forbidden has to know.
fn both_abis(call: i64) -> [i64; 2] {
    [call, call | if cfg!(target_arch = "x86_64") { 0x4000_0000 } else { 0 }]
}

fn refused() -> io::Result<Rules> {
    let mut rules: Rules =
        REFUSED.iter().flat_map(|call| both_abis(*call)).map(|call| (call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    let of_others = |call: i64| both_abis(call).map(|call| Ok((call, vec![when(0, SeccompCmpOp::Ne, own)?])));
    for rule in [libc::SYS_kill, libc::SYS_tgkill].into_iter().flat_map(of_others) {
        let (call, others): (i64, _) = rule.map_err(|error: io::Error| error)?;
        rules.insert(call, others);
    }
    for call in both_abis(libc::SYS_prlimit64) {
        rules.insert(call, vec![when(0, SeccompCmpOp::Ne, 0)?]);
    }
    // Processes and threads, yes; name spaces of their own, in which they would be root, no.
    for call in both_abis(libc::SYS_clone) {
        let with = |flag: libc::c_int| {
            let flag = u64::from(flag.cast_unsigned());
            when(0, SeccompCmpOp::MaskedEq(flag), flag)
        };
        rules.insert(call, NAME_SPACES.iter().map(|flag| with(*flag)).collect::<io::Result<_>>()?);
    }
    Ok(rules)
}

const NAME_SPACES: &[libc::c_int] = &[
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Network, other processes, the kernel itself, and leaving the process group, by which a plugin and all it started are ended.
const REFUSED: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
];
