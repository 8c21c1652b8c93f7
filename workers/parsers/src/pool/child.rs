//! One child process as the parent sees it: pipes, a clock, and what it said on stderr.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use event_model::ParsedDocument;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::timeout,
};

use super::{ChildCommand, PoolConfig, PoolError};
use crate::{JailReport, Rejection, jail::frame, protocol::Task};

/// A child that takes longer to lock itself up is not a parser child.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
const HELLO_BYTES_MAX: usize = 4096;
const LAST_WORDS_BYTES: usize = 4096;
/// Up to this size header and document go out in one write.
const SMALL_BYTES: usize = 64 * 1024;

/// Why a child gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It ended, or broke the protocol.
    Ended,
    /// It did not answer in time.
    TimeLimit,
    /// Its answer is too large.
    OutputLimit,
}

impl From<io::Error> for Death {
    fn from(_: io::Error) -> Self {
        Self::Ended
    }
}

/// How a child ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) status: Option<ExitStatus>,
    pub(super) last_words: String,
}

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_words: JoinHandle<String>,
    report: Option<JailReport>,
    served: u32,
}

impl Child {
    /// Starts a child with an empty environment. Back traces are off: making one opens files, which the jail forbids.
    pub(super) fn spawn(command: &ChildCommand) -> Result<Self, PoolError> {
        let failed = |source| PoolError::Start { program: command.program.display().to_string(), source };
        let mut process = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(failed(io::Error::other("a pipe is missing")));
        };
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
            last_words: tokio::spawn(last_words(errors)),
            report: None,
            served: 0,
        })
    }

    /// Number of documents it has answered.
    pub(super) fn served(&self) -> u32 {
        self.served
    }

    /// Waits for its hello, which comes once.
    pub(super) async fn ready(&mut self, command: &ChildCommand) -> Result<JailReport, PoolError> {
        if let Some(report) = self.report {
            return Ok(report);
        }
        let hello = timeout(HELLO_LIMIT, read_frame(&mut self.output, HELLO_BYTES_MAX)).await;
        let report = hello.ok().and_then(Result::ok).and_then(|hello| serde_json::from_slice(&hello).ok());
        if let Some(report) = report {
            self.report = Some(report);
            return Ok(report);
        }
        let end = self.finish().await;
        let status = end.status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
        let program = command.program.display().to_string();
        Err(PoolError::NotReady { program, detail: format!("{status} {}", end.last_words.trim()) })
    }

    /// Sends a document and waits for the verdict. After an error the child is good for nothing.
    pub(super) async fn exchange(
        &mut self,
        bytes: &[u8],
        task: &Task,
        config: &PoolConfig,
    ) -> Result<Result<ParsedDocument, Rejection>, Death> {
        let reply = timeout(config.time_limit, async {
            self.send(bytes, task).await?;
            read_frame(&mut self.output, config.output_bytes_max).await
        });
        let reply = reply.await.map_err(|_| Death::TimeLimit)??;
        let verdict = serde_json::from_slice(&reply).map_err(|_| Death::Ended)?;
        self.served += 1;
        Ok(verdict)
    }

    async fn send(&mut self, bytes: &[u8], task: &Task) -> io::Result<()> {
        let header = serde_json::to_vec(task)?;
        let mut start = Vec::with_capacity(header.len() + 8 + bytes.len().min(SMALL_BYTES));
        start.extend_from_slice(&frame::prefix(&header)?);
        start.extend_from_slice(&header);
        start.extend_from_slice(&frame::prefix(bytes)?);
        if bytes.len() <= SMALL_BYTES {
            start.extend_from_slice(bytes);
            self.input.write_all(&start).await?;
        } else {
            self.input.write_all(&start).await?;
            self.input.write_all(bytes).await?;
        }
        self.input.flush().await
    }

    /// Kills what still runs and tells how it ended.
    pub(super) async fn end(mut self) -> End {
        self.finish().await
    }

    async fn finish(&mut self) -> End {
        self.process.start_kill().ok(); // It may have ended already, which is what we want.
        let status = self.process.wait().await.ok();
        let last_words = (&mut self.last_words).await.unwrap_or_default();
        End { status, last_words }
    }
}

/// Reads a frame of at most `bytes_max`.
async fn read_frame(output: &mut BufReader<ChildStdout>, bytes_max: usize) -> Result<Vec<u8>, Death> {
    let length = output.read_u32_le().await? as usize;
    if length > bytes_max {
        return Err(Death::OutputLimit);
    }
    let mut payload = vec![0; length];
    output.read_exact(&mut payload).await?;
    Ok(payload)
}

/// Drains stderr, so that a talkative child never blocks, and keeps the end of it.
pub(super) async fn last_words(mut errors: tokio::process::ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = errors.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(LAST_WORDS_BYTES));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
