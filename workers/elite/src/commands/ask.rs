//! `elite ask`: an answer with its citations.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Failure, Request},
};

/// Flags of `elite ask`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The question
    #[arg(required = true)]
    question: Vec<String>,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let answer = ask(config, Request::Ask { question: args.question.join(" ") }, |_| {}).await?;
    if config.json {
        output::json(&answer);
    } else if answer["status"] == "answered" {
        print(&answer);
    }
    if answer["status"] == "answered" {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::failed(output::text(&answer["failure"])).into())
}

/// Prints an answered interaction.
pub(crate) fn print(answer: &Value) {
    println!("{}\n", output::text(&answer["answer"]));
    for (number, citation) in answer["citations"].as_array().into_iter().flatten().enumerate() {
        let (start, end) = (&citation["range"]["start"], &citation["range"]["end"]);
        println!("[{}] {}, characters {start}-{end}", number + 1, output::text(&citation["name"]));
    }
    println!("\nanswered by {}", output::text(&answer["model"]));
}
