//! `elite worker`: some of the roles in this process.

use std::{net::SocketAddr, process::ExitCode, time::Instant};

use anyhow::Result;
use roles::{ACTING, ARCHIVE_SUBSCRIPTION};
use serde_json::json;

use crate::{
    asking::ask,
    config::Config,
    lifecycle::{Opening, Roles, Running},
    output,
    request::{Failure, Request},
    serve, telemetry,
};

/// Flags of `elite worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Roles to run: gateway, project, parse, embed, validate, compare, check, answer, build, archive; or `list` to see who owns what
    #[arg(required = true)]
    roles: Vec<String>,
}

pub(crate) async fn run(config: Config, args: Args) -> Result<ExitCode> {
    if args.roles == ["list"] {
        return list(&config).await;
    }
    let known: Vec<&str> = ["gateway", "project", ARCHIVE_SUBSCRIPTION]
        .into_iter()
        .chain(ACTING.iter().map(|role| role.name))
        .collect();
    if let Some(unknown) = args.roles.iter().find(|role| !known.contains(&role.as_str())) {
        let message = format!("there is no role `{unknown}`; choose from {}", known.join(", "));
        return Err(Failure::wrong_use(message).into());
    }
    if args.roles.iter().any(|role| role == "embed") && config.embed_model.is_none() {
        let message = "role `embed` has no model; set ELITE_EMBED_MODEL to a directory, `hub:NAME` or a model of Ollama's";
        return Err(Failure::wrong_use(message).into());
    }
    if args.roles.iter().any(|role| role == "check") && crate::wire::trust(&config).is_empty() {
        let message =
            "role `check` trusts no source; add a [[trust]] table with `source` and `level` to elite.toml";
        return Err(Failure::wrong_use(message).into());
    }
    let begun = Instant::now();
    let with_gateway = args.roles.iter().any(|role| role == "gateway");
    let json = config.json;
    let told = args.roles.join(", ");
    let running =
        Running::start(config, &Roles(args.roles), Opening::Join, telemetry::init_metrics()?).await?;
    serve::until_stopped(running, with_gateway, |address| ready(address, begun, json, &told)).await
}

fn ready(address: Option<SocketAddr>, begun: Instant, json: bool, roles: &str) {
    let seconds = begun.elapsed().as_secs_f64();
    if json {
        println!("{}", json!({ "ready": true, "roles": roles, "address": address, "seconds": seconds }));
        return;
    }
    let place = address.map(|address| format!(", gateway at http://{address}/")).unwrap_or_default();
    println!("worker for {roles} is ready after {seconds:.2} s{place}");
}

async fn list(config: &Config) -> Result<ExitCode> {
    let told = ask(config, Request::WorkerList, |_| {}).await?;
    if config.json {
        output::json(&told);
        return Ok(ExitCode::SUCCESS);
    }
    let fields = ["worker", "roles", "host", "process_id", "version", "alive", "partitions"];
    let headers = ["WORKER", "ROLES", "HOST", "PROCESS", "VERSION", "ALIVE", "PARTITIONS"];
    output::table(&headers, &output::rows(&told["workers"], &fields));
    println!();
    let fields = ["subscription", "partition", "worker", "epoch", "position", "lag", "halted"];
    let headers = ["SUBSCRIPTION", "PARTITION", "WORKER", "EPOCH", "POSITION", "LAG", "HALTED"];
    output::table(&headers, &output::rows(&told["partitions"], &fields));
    Ok(ExitCode::SUCCESS)
}
