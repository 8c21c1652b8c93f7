//! Running a subcommand. One file each: flags, request, how the answer is printed.

pub(crate) mod archive;
pub(crate) mod ask;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod dataset;
pub(crate) mod dead_letter;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod knowledge;
pub(crate) mod migrate;
pub(crate) mod parse;
pub(crate) mod plugins;
pub(crate) mod projection;
pub(crate) mod restore;
pub(crate) mod search;
pub(crate) mod up;
pub(crate) mod worker;

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{
    cli::{Cli, Command},
    config::Config,
    push,
    request::Failure,
    telemetry,
};

/// Runs the command and says how it ended.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode> {
    let config =
        Config::load(&cli.flags, Path::new(".")).map_err(|error| Failure::wrong_use(format!("{error:#}")))?;
    let quiet = !matches!(cli.command, Command::Up(_) | Command::Worker(_));
    telemetry::init_logging(&config, quiet)?;
    match cli.command {
        Command::Up(args) => up::run(config, args).await,
        Command::Demo(args) => demo::run(config, args).await,
        Command::Push(args) => push::run(&config, args).await,
        Command::Worker(args) => worker::run(config, args).await,
        Command::Events(args) => events::run(&config, args).await,
        Command::Projection(args) => projection::run(&config, args).await,
        Command::DeadLetter(args) => dead_letter::run(&config, args).await,
        Command::Erase(args) => erase::run(&config, args).await,
        Command::Archive(args) => archive::run(&config, args).await,
        Command::Backup(args) => backup::run(&config, args).await,
        Command::Restore(args) => restore::run(config, args).await,
        Command::Search(args) => search::run(&config, args).await,
        Command::Ask(args) => ask::run(&config, args).await,
        Command::Dataset(args) => dataset::run(&config, args).await,
        Command::Knowledge(args) => knowledge::run(&config, args).await,
        Command::Parse(args) => parse::run(&config, args).await,
        Command::Plugins(args) => plugins::run(&config, args).await,
        Command::Migrate => migrate::run(&config).await,
        Command::Doctor => doctor::run(&config).await,
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Man => completions::man(),
    }
}
