//! One document through a plugin: started in its jail, given the bytes, its answer kept, and everything it started ended.

use std::{process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::timeout,
};

use super::{ChildCommand, PoolError, child::last_words};
use crate::{
    Plugin, Reason, Rejection,
    jail::launcher::{LAUNCHER, NOT_LAUNCHED},
};

/// Signal numbers are the same on all systems we run on.
const SIGALRM: i32 = 14;
const SIGXCPU: i32 = 24;
/// What programs say when memory is refused.
const OUT_OF_MEMORY: &[&str] = &["memory allocation of", "MemoryError", "bad_alloc", "OutOfMemory"];

/// What came of it.
#[derive(Debug)]
pub struct PluginRun {
    /// What it wrote on standard output, or why that is of no use.
    pub answer: Result<Vec<u8>, Rejection>,
    /// The end of what it wrote on standard error. It may quote the document.
    pub last_words: String,
}

/// The process group of a plugin; dropping it ends all its members.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        killpg(self.0, Signal::SIGKILL).ok(); // Usually nobody is left.
    }
}

pub(super) async fn run(
    plugin: &Plugin,
    launcher: &ChildCommand,
    bytes: &[u8],
    output_bytes_max: usize,
) -> Result<PluginRun, PoolError> {
    let failed = |detail: String| PoolError::Plugin { name: plugin.name.clone(), detail };
    let mut process = start(plugin, launcher).map_err(failed)?;
    let id = process.id().and_then(|id| i32::try_from(id).ok());
    let group = id.map(|id| Group(Pid::from_raw(id)));
    let (Some(mut input), Some(output), Some(errors)) =
        (process.stdin.take(), process.stdout.take(), process.stderr.take())
    else {
        return Err(failed("a pipe is missing".to_owned()));
    };
    let last_words = tokio::spawn(last_words(errors));
    let mut answer = Vec::new();
    let finished = timeout(Duration::from_secs_f64(plugin.seconds_max), async {
        let give = async move {
            // A plugin that has read enough closes its end, which is no fault.
            input.write_all(bytes).await.ok();
        };
        let mut output = output.take(output_bytes_max as u64 + 1);
        let ((), read) = tokio::join!(give, output.read_to_end(&mut answer));
        read?;
        // A plugin that still wants to write never ends by itself.
        if answer.len() > output_bytes_max { Ok(None) } else { process.wait().await.map(Some) }
    });
    let ended = finished.await;
    drop(group);
    process.start_kill().ok(); // It may have ended already, which is what we want.
    process.wait().await.ok();
    let last_words = last_words.await.unwrap_or_default();
    let answer = match ended {
        Err(_) => Err(time_limit(plugin)),
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Ok(Ok(None)) => Err(Rejection::new(
            Reason::OutputLimit,
            format!("the plugin `{}` wrote more than {output_bytes_max} bytes; split the file", plugin.name),
        )),
        Ok(Ok(Some(status))) if status.success() => Ok(answer),
        Ok(Ok(Some(status))) if status.code() == Some(NOT_LAUNCHED) && last_words.starts_with(LAUNCHER) => {
            return Err(failed(last_words.trim().to_owned()));
        }
        Ok(Ok(Some(status))) => Err(crashed(plugin, status, &last_words)),
    };
    Ok(PluginRun { answer, last_words })
}

fn start(plugin: &Plugin, launcher: &ChildCommand) -> Result<Child, String> {
    let missing = || format!("there is no program `{}`", plugin.command.first().map_or("", String::as_str));
    let launch = plugin.launch().ok_or_else(missing)?;
    let order = serde_json::to_string(&launch).map_err(|error| error.to_string())?;
    let mut command = Command::new(&launcher.program);
    if plugin.directory.is_dir() {
        command.current_dir(&plugin.directory);
    }
    command
        .args(&launcher.args)
        .arg(order)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("its launcher does not start: {error}"))
}

fn time_limit(plugin: &Plugin) -> Rejection {
    let (name, seconds) = (&plugin.name, plugin.seconds_max);
    Rejection::new(
        Reason::TimeLimit,
        format!(
            "the plugin `{name}` did not finish in {seconds} s; split the document or raise `seconds_max`"
        ),
    )
}

fn crashed(plugin: &Plugin, status: std::process::ExitStatus, last_words: &str) -> Rejection {
    use std::os::unix::process::ExitStatusExt;
    let name = &plugin.name;
    if matches!(status.signal(), Some(SIGALRM | SIGXCPU)) {
        return time_limit(plugin);
    }
    if OUT_OF_MEMORY.iter().any(|words| last_words.contains(words)) {
        let bytes = plugin.memory_bytes_max;
        return Rejection::new(
            Reason::MemoryLimit,
            format!(
                "the plugin `{name}` wants more than {bytes} bytes of memory; split the file or raise `memory_bytes_max`"
            ),
        );
    }
    Rejection::new(
        Reason::Crashed,
        format!(
            "the plugin `{name}` failed on this document ({status}); `elite plugins check FILE` shows its last words"
        ),
    )
}
