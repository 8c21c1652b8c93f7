//! The command line: every subcommand with its flags and help.

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        archive, ask, backup, completions, dataset, dead_letter, demo, erase, events, knowledge, parse,
        plugins, projection, restore, search, up, worker,
    },
    config::Flags,
};

/// Trustworthy knowledge for a coding assistant: documents in, validated passages, cited answers and training data out.
#[derive(Debug, Parser)]
#[command(name = "elite", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process: log, PostgreSQL, workers, gateway and web page
    Up(up::Args),
    /// Do the whole job on sample documents and print what happened
    Demo(demo::Args),
    /// Send files and folders to a running gateway
    Push(crate::push::Args),
    /// Run some roles in this process, or list who works on what
    Worker(worker::Args),
    /// Look at the log, and append to it
    #[command(subcommand)]
    Events(events::Args),
    /// See, prove, rebuild, pause and resume the read models
    #[command(subcommand)]
    Projection(projection::Args),
    /// Look after events that could not be folded or acted on
    #[command(subcommand)]
    DeadLetter(dead_letter::Args),
    /// See, prove and complete the archive of the log
    #[command(subcommand)]
    Archive(archive::Args),
    /// Keep everything that is needed to come back from nothing
    Backup(backup::Args),
    /// Bring a lost log, a lost database or both back from the archive and the newest backup
    Restore(restore::Args),
    /// Erase what is known of a person, everywhere, and prove it
    Erase(erase::Args),
    /// Find passages
    Search(search::Args),
    /// Ask a question and get a cited answer
    Ask(ask::Args),
    /// Explain what is thought of a document's text
    #[command(subcommand)]
    Knowledge(knowledge::Args),
    /// Build and export training data, and show where each row came from
    #[command(subcommand)]
    Dataset(dataset::Args),
    /// Parse one file and print what a worker would store
    Parse(parse::Args),
    /// List the processors of documents, and try one on a file
    #[command(subcommand)]
    Plugins(plugins::Args),
    /// Bring the database schema up to date
    Migrate,
    /// Find real traps and print how to get out of them
    Doctor,
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man,
}
