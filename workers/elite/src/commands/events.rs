//! `elite events`: the log as it is.

use std::{io::Read, process::ExitCode};

use anyhow::Result;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Failure, Request},
};

/// Subcommands of `elite events`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Print the newest events, and new ones as they come
    Tail {
        /// Events of the past to begin with
        #[arg(short = 'n', long, default_value_t = 20)]
        lines: u64,
        /// Go on as events come
        #[arg(short, long)]
        follow: bool,
        /// Only types that start with this, such as `document.`
        #[arg(long = "type", value_name = "TYPE")]
        event_type: Option<String>,
    },
    /// Print one event
    Show {
        /// Its id
        event: Uuid,
    },
    /// Append CloudEvents (one JSON object a line) from standard input
    Append,
    /// Count events by type and partition
    Stats,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::Tail { lines, follow, event_type } => {
            let json = config.json;
            let request = Request::EventsTail { backlog: lines, follow, event_type };
            ask(config, request, move |item| print(&item, json)).await?;
        }
        Args::Show { event } => output::json(&ask(config, Request::EventsShow { event }, |_| {}).await?),
        Args::Append => append(config).await?,
        Args::Stats => {
            let stats = ask(config, Request::EventsStats, |_| {}).await?;
            if config.json {
                output::json(&stats);
            } else {
                let types = stats["types"].as_object().into_iter().flatten();
                let rows: Vec<Vec<String>> =
                    types.map(|(name, count)| vec![name.clone(), count.to_string()]).collect();
                output::table(&["TYPE", "EVENTS"], &rows);
                println!(
                    "{} events, {} bytes, partitions end at {}",
                    stats["events"], stats["bytes"], stats["tails"]
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(item: &Value, json: bool) {
    if json {
        println!("{item}");
        return;
    }
    let event = &item["event"];
    let place = format!("{}/{}", item["partition"], item["position"]);
    let (time, kind, subject) = (&event["recordedtime"], &event["type"], &event["subject"]);
    let (time, kind, subject) = (output::text(time), output::text(kind), output::text(subject));
    let data: String = event["data"].to_string().chars().take(120).collect();
    println!("{time}  {place:<8} {kind:<22} {subject}  {data}");
}

async fn append(config: &Config) -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let events = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    for (appended, event) in events.enumerate() {
        let number = appended + 1;
        let event =
            event.map_err(|error| Failure::wrong_use(format!("event {number} is not JSON: {error}")))?;
        let answer = ask(config, Request::EventsAppend { event }, |_| {}).await.map_err(|error| {
            let failure = Failure::from(error);
            let message = format!("event {number} was refused, {appended} are appended: {}", failure.message);
            Failure { message, ..failure }
        })?;
        println!("{}", answer["appended"][0]);
    }
    Ok(())
}
