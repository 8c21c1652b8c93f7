//! `elite erase`: what is known of a person goes, and what was reached is printed.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Failure, Request},
};

/// Flags of `elite erase`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The data subject; may be given several times, so that the disk is cleared once for all of them
    #[arg(long = "subject", required = true, value_name = "ID")]
    subjects: Vec<String>,
    /// Whose data subject it is
    #[arg(long, default_value = "default")]
    tenant: String,
    /// Really do it; without this only what would be reached is printed
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let Args { subjects, tenant, yes } = args;
    let answer = ask(config, Request::Erase { tenant, subjects, really: yes }, |_| {}).await?;
    if config.json {
        output::json(&answer);
    } else {
        print(&answer);
    }
    if !yes {
        return Err(Failure::wrong_use(
            "nothing was erased, and erasing cannot be undone; say --yes if you mean it",
        )
        .into());
    }
    let complete = answer["complete"] == true;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(answer: &Value) {
    output::table(
        &["SUBJECT", "KEY DESTROYED", "EVENT", "PARTITION", "POSITION", "DURABILITY"],
        &output::rows(
            &answer["subjects"],
            &["subject", "key_destroyed_at", "event", "partition", "position", "durability"],
        ),
    );
    println!();
    output::table(&["WHERE", "HELD", "LEFT"], &output::rows(&answer["reached"], &["where", "held", "left"]));
    let strings = |field: &str| answer[field].as_array().cloned().unwrap_or_default();
    println!();
    for step in strings("steps") {
        let failed =
            step["failed"].as_str().map_or_else(|| "done".to_owned(), |why| format!("FAILED: {why}"));
        println!("{}: {failed}", output::text(&step["what"]));
    }
    for dropped in strings("kept_dropped") {
        println!("dropped, because it held or may have held rows: {}", output::text(&dropped));
    }
    for left in strings("not_reached") {
        println!("not reached: {}", output::text(&left));
    }
}
