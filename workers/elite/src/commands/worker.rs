//! `elite worker`: some of the roles in this process.

use std::process::ExitCode;

use anyhow::Result;
use roles::ACTING;

use crate::{
    asking::ask,
    config::Config,
    lifecycle::{Roles, Running},
    output,
    request::{Failure, Request},
    serve, telemetry,
};

/// Flags of `elite worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Roles to run: gateway, project, parse, validate, answer, build; or `list` to see who owns what
    #[arg(required = true)]
    roles: Vec<String>,
}

pub(crate) async fn run(config: Config, args: Args) -> Result<ExitCode> {
    if args.roles == ["list"] {
        return list(&config).await;
    }
    let known: Vec<&str> =
        ["gateway", "project"].into_iter().chain(ACTING.iter().map(|role| role.name)).collect();
    if let Some(unknown) = args.roles.iter().find(|role| !known.contains(&role.as_str())) {
        let message = format!("there is no role `{unknown}`; choose from {}", known.join(", "));
        return Err(Failure::wrong_use(message).into());
    }
    let with_gateway = args.roles.iter().any(|role| role == "gateway");
    let running = Running::start(config, &Roles(args.roles), telemetry::init_metrics()?).await?;
    serve::until_stopped(running, with_gateway, |_| {}).await
}

async fn list(config: &Config) -> Result<ExitCode> {
    let partitions = ask(config, Request::WorkerList, |_| {}).await?;
    if config.json {
        output::json(&partitions);
    } else {
        let fields = ["subscription", "partition", "owner", "epoch", "position", "halted"];
        let headers = ["SUBSCRIPTION", "PARTITION", "OWNER", "EPOCH", "POSITION", "HALTED"];
        output::table(&headers, &output::rows(&partitions, &fields));
    }
    Ok(ExitCode::SUCCESS)
}
