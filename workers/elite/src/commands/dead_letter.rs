//! `elite dead-letter`: events that were parked, and what becomes of them.

use std::process::ExitCode;

use anyhow::Result;
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
        Args::Redrive { event } => (Request::DeadLetterRedrive { event }, false),
        Args::Drop { yes: false, .. } => {
            return Err(Failure::wrong_use("dropping cannot be undone; say --yes if you mean it").into());
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
