#![doc = include_str!("../README.md")]

mod admin;
mod asking;
mod backup;
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
        return parse_child();
    }
    if let Some(code) = plugin_roles() {
        return code;
    }
    end_quietly_without_a_reader();
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

/// `parse-child [TOKENIZER]`: parses in the jail. What is opened there is shut out of it once the child has locked itself up.
#[cfg(feature = "candle")]
fn parse_child() -> ExitCode {
    let Some(path) = std::env::args_os().nth(2) else { return parsers::jail::child_main(&parsers::Estimate) };
    match parsers::Tokenizer::read(path.as_ref()) {
        Ok(tokenizer) => parsers::jail::child_main(&tokenizer),
        Err(error) => {
            eprintln!("error: failed to read the tokenizer of ELITE_EMBED_MODEL: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "candle"))]
fn parse_child() -> ExitCode {
    parsers::jail::child_main(&parsers::Estimate)
}

/// The two other parts this program plays without a command line of its own: preparing a plugin's jail and becoming the plugin
/// (`plugin-child ORDER`), and being a plugin, with a built-in parser (`process NAME`).
fn plugin_roles() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (role, argument) = (arguments.next()?, arguments.next());
    match role.as_str() {
        "plugin-child" => Some(parsers::jail::launch_main(&argument.unwrap_or_default())),
        "process" => Some(parsers::jail::processor_main(&argument.unwrap_or_default())),
        _ => None,
    }
}

/// When whoever reads our output has seen enough, as `head` does, the program ends as others do: at once, silently, with
/// the code of a broken pipe.
fn end_quietly_without_a_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        if message.starts_with("failed printing to stdout") && message.contains("Broken pipe") {
            std::process::exit(141);
        }
        usual(panic);
    }));
}
