//! `elite backup`: everything that is needed to come back from nothing is in the blob store when it ends.

use std::process::ExitCode;

use anyhow::Result;

use crate::{asking::ask, config::Config, output, request::Request};

/// Flags of `elite backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many backups to keep; older ones are removed
    #[arg(long, default_value_t = 14, value_name = "COUNT")]
    keep: usize,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let answer = ask(config, Request::Backup { keep: args.keep }, |_| {}).await?;
    if config.json {
        output::json(&answer);
    } else {
        println!("{}: {} keys, {} parked", output::text(&answer["backup"]), answer["keys"], answer["parked"]);
        println!("archived: {} events, all there are", answer["archived_events"]);
        println!("it holds keys in the open: whoever can read the blob store can read what is sealed");
    }
    Ok(ExitCode::SUCCESS)
}
