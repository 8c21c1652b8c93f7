//! `elite projection`: where the read models are, whether they are what the log says, and replacing them.

mod printing;

use std::process::ExitCode;

use anyhow::Result;
use read_models::AsOf;
use serde_json::Value;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Failure, Request},
};

/// Subcommands of `elite projection`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Versions, positions and lag
    List,
    /// Replay the log into new tables and, if they are equal, put them in the place of the old
    Rebuild {
        #[command(flatten)]
        names: Names,
        /// Also if rows differ; without this a difference stops the switch, and is shown
        #[arg(long)]
        accept_differences: bool,
        /// Instead, make a schema to query history: what was known at a time (RFC 3339), or at positions such as 0:120,3:77
        /// (partitions that are not named are as they are now)
        #[arg(long, value_name = "TIME|POSITIONS", conflicts_with = "accept_differences")]
        as_of: Option<AsOf>,
    },
    /// Replay the log beside the tables and compare every row
    Verify(Names),
    /// Bring the tables that the last rebuild replaced up to date, and go back to them
    Rollback {
        #[command(flatten)]
        names: Names,
        /// Also if rows differ from those that are live
        #[arg(long)]
        accept_differences: bool,
    },
    /// Let go of the tables that rebuilds and rollbacks replaced
    ForgetRetired(Names),
    /// Schemas with history
    #[command(subcommand)]
    AsOf(History),
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

/// Subcommands of `elite projection as-of`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum History {
    /// Every schema that is kept: history, and tables that were live before
    List,
    /// Drop a schema with history
    Drop {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::List => list(config).await,
        Args::Rebuild { names, as_of: Some(as_of), .. } => history(config, names, &as_of).await,
        Args::Rebuild { names: Names { names }, accept_differences: accept, .. } => {
            let report = ask(config, Request::ProjectionRebuild { names, accept }, |_| {}).await?;
            switched(config, &[&report], &report, "rebuild")
        }
        Args::Verify(Names { names }) => verify(config, names).await,
        Args::Rollback { names: Names { names }, accept_differences: accept } => {
            let reports = ask(config, Request::ProjectionRollback { names, accept }, |_| {}).await?;
            let each: Vec<&Value> = reports.as_array().into_iter().flatten().collect();
            switched(config, &each, &reports, "rollback")
        }
        Args::ForgetRetired(Names { names }) => forget(config, names).await,
        Args::AsOf(History::List) => kept(config).await,
        Args::AsOf(History::Drop { name }) => {
            let done = format!("{name} is dropped");
            order(config, Request::ProjectionDropAsOf { schema: name }, &done).await
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

async fn verify(config: &Config, names: Vec<String>) -> Result<ExitCode> {
    let report = ask(config, Request::ProjectionVerify { names }, |_| {}).await?;
    if config.json {
        output::json(&report);
    } else {
        printing::report(&report, "verified");
        printing::completeness(&report);
    }
    // A verification that finds a difference has failed.
    let proved = printing::different(&report).is_empty() && printing::incomplete(&report).is_empty();
    Ok(if proved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what came of a switch, and fails if a difference stopped it.
fn switched(config: &Config, reports: &[&Value], all: &Value, command: &str) -> Result<ExitCode> {
    if config.json {
        output::json(all);
    } else {
        for report in reports {
            printing::report(report, "replayed");
        }
    }
    let stopped = |report: &&&Value| report["promoted"] != true;
    let names: Vec<String> =
        reports.iter().filter(stopped).flat_map(|report| printing::different(report)).collect();
    if names.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let names = names.join(" ");
    Err(Failure::failed(format!(
        "rows differ, so nothing was switched and readers go on with the live tables ({names}); if the replayed rows are \
         right, run `elite projection {command} {names} --accept-differences`"
    ))
    .into())
}

async fn history(config: &Config, Names { names }: Names, as_of: &AsOf) -> Result<ExitCode> {
    let made = ask(config, Request::ProjectionAsOf { names, as_of: as_of.to_string() }, |_| {}).await?;
    if config.json {
        output::json(&made);
    } else {
        printing::history(&made);
    }
    Ok(ExitCode::SUCCESS)
}

async fn kept(config: &Config) -> Result<ExitCode> {
    let kept = ask(config, Request::ProjectionKept, |_| {}).await?;
    if config.json {
        output::json(&kept);
    } else {
        let fields = ["schema", "kind", "projection", "version", "asked", "kept_at"];
        output::table(
            &["SCHEMA", "KIND", "PROJECTION", "VERSION", "AS OF", "SINCE"],
            &output::rows(&kept, &fields),
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn forget(config: &Config, names: Vec<String>) -> Result<ExitCode> {
    let forgotten = ask(config, Request::ProjectionForgetRetired { names }, |_| {}).await?;
    if config.json {
        output::json(&forgotten);
    } else {
        let dropped = forgotten["dropped"].as_array().into_iter().flatten();
        dropped.for_each(|name| println!("dropped {}", output::text(name)));
    }
    Ok(ExitCode::SUCCESS)
}
