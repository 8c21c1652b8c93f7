//! `elite projection`: where the read models are, and whether they are what the log says.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::{asking::ask, config::Config, output, request::Request};

/// Subcommands of `elite projection`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Versions, positions and lag
    List,
    /// Replay the log into new tables and put them in the place of the old
    Rebuild(Names),
    /// Replay the log beside the tables and compare every row
    Verify(Names),
    /// Stop folding until resumed
    Pause,
    /// Fold on, also partitions that halted
    Resume,
}

/// Which projections.
#[derive(Debug, clap::Args)]
pub(crate) struct Names {
    /// Projections; all of them if none is named
    names: Vec<String>,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::List => list(config).await,
        Args::Rebuild(Names { names }) => {
            report(config, Request::ProjectionRebuild { names }, "rebuilt").await
        }
        Args::Verify(Names { names }) => {
            report(config, Request::ProjectionVerify { names }, "verified").await
        }
        Args::Pause => order(config, Request::ProjectionPause, "folding is paused").await,
        Args::Resume => order(config, Request::ProjectionResume, "folding goes on").await,
    }
}

async fn order(config: &Config, request: Request, done: &str) -> Result<ExitCode> {
    let answer = ask(config, request, |_| {}).await?;
    if config.json {
        output::json(&answer);
    } else {
        println!("{done}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config) -> Result<ExitCode> {
    let state = ask(config, Request::ProjectionList, |_| {}).await?;
    if config.json {
        output::json(&state);
        return Ok(ExitCode::SUCCESS);
    }
    output::table(&["PROJECTION", "VERSION"], &output::rows(&state["projections"], &["name", "version"]));
    println!();
    let fields = ["partition", "position", "tail", "lag", "halted"];
    output::table(
        &["PARTITION", "POSITION", "LOG ENDS AT", "LAG", "HALTED"],
        &output::rows(&state["partitions"], &fields),
    );
    Ok(ExitCode::SUCCESS)
}

async fn report(config: &Config, request: Request, verb: &str) -> Result<ExitCode> {
    let report = ask(config, request, |_| {}).await?;
    let projections = report["projections"].as_array().map(Vec::as_slice).unwrap_or_default();
    let equal = projections.iter().all(|projection| projection["equal"] == true);
    if config.json {
        output::json(&report);
    } else {
        print(&report, projections, verb);
    }
    // A rebuild repairs what differs; a verification that finds a difference has failed.
    Ok(if equal || verb == "rebuilt" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Value, projections: &[Value], verb: &str) {
    for projection in projections {
        let name = output::text(&projection["name"]);
        for table in projection["tables"].as_array().into_iter().flatten() {
            let equal = if table["equal"] == true { "equal" } else { "DIFFERENT" };
            println!(
                "{name:<20} {:<24} {} rows  {equal}",
                output::text(&table["table"]),
                table["rows_replayed"]
            );
            for difference in table["differences"].as_array().into_iter().flatten() {
                println!("    {difference}");
            }
        }
    }
    println!(
        "{verb} from {} events in {:.1} s",
        report["events_replayed"],
        report["seconds"].as_f64().unwrap_or_default()
    );
    for key in report["blocked_keys"].as_array().into_iter().flatten() {
        println!("blocked: {}", output::text(key));
    }
}
