#![doc = include_str!("../README.md")]

mod admin;
mod asking;
mod cli;
mod commands;
mod config;
mod execute;
mod lifecycle;
mod output;
mod push;
mod request;
mod serve;
mod telemetry;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, request::Failure};

fn main() -> ExitCode {
    // The parser child locks itself up before it reads its first byte; it must not start threads or read settings before.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == "parse-child") {
        return parsers::jail::child_main();
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: failed to start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            let failure = Failure::from(error);
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.exit_code)
        }
    }
}
