//! `elite up`: everything in one process.

use std::{net::SocketAddr, process::ExitCode, time::Instant};

use anyhow::Result;

use crate::{
    config::Config,
    lifecycle::{Opening, Roles, Running},
    serve, telemetry,
};

/// Flags of `elite up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(config: Config, _: Args) -> Result<ExitCode> {
    let begun = Instant::now();
    let json = config.json;
    let running = Running::start(config, &Roles::all(), Opening::Prepare, telemetry::init_metrics()?).await?;
    let data_dir = running.node.config.data_dir.display().to_string();
    serve::until_stopped(running, true, |address| {
        if let Some(address) = address {
            ready(address, begun, json, &data_dir);
        }
    })
    .await
}

fn ready(address: SocketAddr, begun: Instant, json: bool, data_dir: &str) {
    let seconds = begun.elapsed().as_secs_f64();
    if json {
        println!(
            "{}",
            serde_json::json!({ "ready": true, "address": address, "seconds": seconds, "data_dir": data_dir })
        );
        return;
    }
    println!("Elite is ready after {seconds:.2} s, on the data in {data_dir}");
    println!("  web page   http://{address}/");
    println!("  API        http://{address}/openapi.json");
    println!("  metrics    http://{address}/metrics");
    println!("Add documents with `elite push PATH`, or drop them on the web page. Ctrl-C stops.");
}
