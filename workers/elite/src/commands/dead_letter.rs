//! `elite dead-letter`: events that were parked, and what becomes of them.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Failure, Request},
};

/// Subcommands of `elite dead-letter`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Every parked event
    List,
    /// One parked event with its payload
    Show {
        /// Its id
        event: Uuid,
    },
    /// Try the parked events of this event's key again, in order
    Redrive {
        /// The event
        event: Uuid,
        /// Only print which rows would change; nothing is changed
        #[arg(long)]
        dry_run: bool,
    },
    /// Never apply this event, and go on with its key; recorded as an event
    Drop {
        /// The event
        event: Uuid,
        /// Why
        #[arg(long)]
        reason: String,
        /// Really do it
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let (request, listing) = match args {
        Args::List => (Request::DeadLetterList, true),
        Args::Show { event } => (Request::DeadLetterShow { event }, false),
        Args::Redrive { event, dry_run: true } => {
            let answer = ask(config, Request::DeadLetterPreview { event }, |_| {}).await?;
            return Ok(previewed(config, &answer));
        }
        Args::Redrive { event, .. } => (Request::DeadLetterRedrive { event }, false),
        Args::Drop { yes: false, event, .. } => {
            return Err(Failure::wrong_use(format!(
                "event {event} would never be applied, and what waits behind it would be tried again; dropping cannot be \
                 undone, say --yes if you mean it"
            ))
            .into());
        }
        Args::Drop { event, reason, .. } => (Request::DeadLetterDrop { event, reason }, false),
    };
    let answer = ask(config, request, |_| {}).await?;
    if config.json || !listing {
        output::json(&answer);
    } else {
        let fields = ["event_id", "subscription", "event_type", "key", "attempts", "reason"];
        let headers = ["EVENT", "PARKED BY", "TYPE", "KEY", "TRIES", "REASON"];
        output::table(&headers, &output::rows(&answer, &fields));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what a redrive would change; the exit code is 1 if it would fail.
fn previewed(config: &Config, answer: &Value) -> ExitCode {
    let previews = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    if config.json {
        output::json(answer);
    } else {
        previews.iter().for_each(print_preview);
    }
    let fails = previews.iter().any(|preview| preview["would_fail"].is_string());
    if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_preview(preview: &Value) {
    println!("key {} of {}", output::text(&preview["key"]), output::text(&preview["subscription"]));
    for field in ["note", "would_fail"] {
        if let Some(words) = preview[field].as_str() {
            println!("  {}: {words}", field.replace('_', " "));
        }
    }
    for change in preview["changes"].as_array().into_iter().flatten() {
        print_change(change);
    }
}

/// A row that comes is all pluses, one that goes all minuses; of one that stays what differs is shown.
fn print_change(change: &Value) {
    let table = output::text(&change["table"]);
    match (&change["before"], &change["after"]) {
        (Value::Null, after) => println!("+ {table} {after}"),
        (before, Value::Null) => println!("- {table} {before}"),
        (before, after) => {
            let id = ["id", "document_id", "cause_id"].iter().find_map(|name| after[*name].as_str());
            println!("~ {table} {}", id.unwrap_or_default());
            for (name, value) in after.as_object().into_iter().flatten() {
                if before[name] != *value {
                    println!("    {name}: {} -> {value}", before[name]);
                }
            }
        }
    }
}
