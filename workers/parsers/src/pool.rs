//! Keeps jailed children ready, hands each a document at a time, and turns their deaths into rejections. Not a parser, and the
//! only part of this crate that waits, keeps time or starts processes.

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use event_model::ParsedDocument;
use tokio::sync::Semaphore;

pub use self::plugin_run::PluginRun;
use self::{
    child::{Child, Death},
    verdict::rejection_of,
};
use crate::{
    JailReport, Plugin, Reason, Rejection, Source,
    plugin::plugin_for,
    protocol::{Asked, Task},
};

mod child;
mod plugin_run;
mod verdict;

/// What to start as a parser child: a program that calls [`crate::jail::child_main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildCommand {
    /// The program, usually the running one.
    pub program: PathBuf,
    /// Its arguments, usually a hidden subcommand.
    pub args: Vec<String>,
}

/// Bounds of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Number of children, and of documents parsed at the same time.
    pub children: usize,
    /// Wall time for one document.
    pub time_limit: Duration,
    /// A larger document is rejected without sending it; check it before reading the bytes.
    pub document_bytes_max: usize,
    /// A larger result is rejected.
    pub output_bytes_max: usize,
    /// A child is replaced after this many documents, so that what a parser leaks stays small.
    pub documents_per_child: u32,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            children: 2,
            time_limit: Duration::from_secs(10),
            document_bytes_max: 64 * 1024 * 1024,
            output_bytes_max: 64 * 1024 * 1024,
            documents_per_child: 500,
        }
    }
}

impl PoolConfig {
    /// The rejection of a document of `size_bytes`, if it is too large.
    pub fn check_size(&self, size_bytes: u64) -> Result<(), Rejection> {
        let max = self.document_bytes_max;
        if usize::try_from(size_bytes).is_ok_and(|size| size <= max) {
            return Ok(());
        }
        Err(Rejection::new(
            Reason::TooLarge,
            format!(
                "the document has {size_bytes} bytes and the limit is {max}; split it into smaller files"
            ),
        ))
    }
}

/// The machine, not the document, is at fault; trying again later can help.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The child could not be started.
    #[error(
        "failed to start the parser child `{program}`: {source}; check that the file exists and that processes and memory are left"
    )]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The child started and did not say hello.
    #[error(
        "the parser child `{program}` ended before it was ready: {detail}; check that it is the right program"
    )]
    NotReady {
        /// The program.
        program: String,
        /// Its last words.
        detail: String,
    },
    /// A plugin cannot be started.
    #[error("the plugin `{name}` does not start: {detail}; `elite plugins list` shows what is declared")]
    Plugin {
        /// The plugin.
        name: String,
        /// What is the matter.
        detail: String,
    },
    /// The pool was closed.
    #[error("the parser pool is closed")]
    Closed,
}

/// Jailed parser children, ready for documents.
#[derive(Debug)]
pub struct ParserPool {
    command: ChildCommand,
    config: PoolConfig,
    idle: Mutex<Vec<Child>>,
    permits: Semaphore,
    report: JailReport,
    plugins: Vec<Plugin>,
    launcher: Option<ChildCommand>,
}

impl ParserPool {
    /// Starts the children and waits until each has locked itself up.
    pub async fn start(command: ChildCommand, config: PoolConfig) -> Result<Self, PoolError> {
        let mut children =
            (0..config.children.max(1)).map(|_| Child::spawn(&command)).collect::<Result<Vec<_>, _>>()?;
        let mut report = None;
        for child in &mut children {
            report = Some(child.ready(&command).await?);
        }
        let report = report.ok_or(PoolError::Closed)?;
        let permits = Semaphore::new(children.len());
        Ok(Self {
            command,
            config,
            idle: Mutex::new(children),
            permits,
            report,
            plugins: Vec::new(),
            launcher: None,
        })
    }

    /// With plugins, which come before the parsers for what they are declared for. `launcher` is a program that calls
    /// [`crate::jail::launch_main`] with its last argument.
    #[must_use]
    pub fn with_plugins(mut self, plugins: Vec<Plugin>, launcher: ChildCommand) -> Self {
        (self.plugins, self.launcher) = (plugins, Some(launcher));
        self
    }

    /// The plugin that would read this document.
    pub fn plugin_for(&self, bytes: &[u8], source: &Source) -> Option<&Plugin> {
        plugin_for(&self.plugins, bytes, source)
    }

    /// How well the children are locked up on this machine.
    pub fn jail_report(&self) -> JailReport {
        self.report
    }

    /// The bounds it was started with.
    pub fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// Parses and chunks one document in a child; waits for a free one. The outer error is the machine's, the inner one is
    /// the document's. Dropping the future kills the child that was at work.
    pub async fn parse(
        &self,
        bytes: &[u8],
        source: &Source,
    ) -> Result<Result<ParsedDocument, Rejection>, PoolError> {
        if let Err(rejection) = self.config.check_size(bytes.len() as u64) {
            return Ok(Err(rejection));
        }
        let _permit = self.permits.acquire().await.map_err(|_| PoolError::Closed)?;
        match self.plugin_for(bytes, source) {
            None => self.ask(bytes, &Task { source: source.clone(), answer_of: None }).await,
            Some(plugin) => match self.run(plugin, bytes).await?.answer {
                Ok(answer) => self.read_answer(plugin, &answer, source).await,
                Err(rejection) => Ok(Err(rejection)),
            },
        }
    }

    /// Runs a plugin in its jail and tells what it wrote, for whoever writes one.
    pub async fn run(&self, plugin: &Plugin, bytes: &[u8]) -> Result<PluginRun, PoolError> {
        let Some(launcher) = &self.launcher else { return Err(PoolError::Closed) };
        plugin_run::run(plugin, launcher, bytes, self.config.output_bytes_max).await
    }

    /// Reads what a plugin wrote: in a child, since it is as little to be trusted as the document.
    pub async fn read_answer(
        &self,
        plugin: &Plugin,
        answer: &[u8],
        source: &Source,
    ) -> Result<Result<ParsedDocument, Rejection>, PoolError> {
        let asked = Asked { tool: plugin.tool(), media_type: plugin.media_type(source) };
        self.ask(answer, &Task { source: source.clone(), answer_of: Some(asked) }).await
    }

    async fn ask(&self, bytes: &[u8], task: &Task) -> Result<Result<ParsedDocument, Rejection>, PoolError> {
        loop {
            let mut child = self.take()?;
            child.ready(&self.command).await?;
            match child.exchange(bytes, task, &self.config).await {
                Ok(verdict) => {
                    self.put_back(child);
                    return Ok(verdict);
                }
                Err(death) => {
                    let fresh = child.served() == 0;
                    let end = child.end().await;
                    self.replace();
                    // What an earlier document left behind (a leak, a signal from outside) is not this one's fault.
                    if fresh || !matches!(death, Death::Ended) {
                        return Ok(Err(rejection_of(death, &end, &self.config)));
                    }
                }
            }
        }
    }

    fn take(&self) -> Result<Child, PoolError> {
        match self.idle().pop() {
            Some(child) => Ok(child),
            None => Child::spawn(&self.command),
        }
    }

    fn put_back(&self, child: Child) {
        if child.served() < self.config.documents_per_child {
            self.idle().push(child);
        } else {
            self.replace();
        }
    }

    /// Starts a successor, at the far end of the row so that it is warm when its turn comes. A failure shows when a child is
    /// next needed and none is there.
    fn replace(&self) {
        if let Ok(child) = Child::spawn(&self.command) {
            self.idle().insert(0, child);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Child>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
