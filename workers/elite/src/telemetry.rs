//! Log lines and figures: how they are set up, and the gauges that somebody has to look up now and then.

use std::{io::IsTerminal, time::Duration};

use anyhow::{Context, Result};
use metrics::gauge;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use read_store::{StoreError, dead_letter, todo};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    config::{Config, LogFormat},
    lifecycle::Node,
};

/// How often the gauges are refreshed.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Upper bounds of the buckets of everything that takes time.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];
/// Upper bounds of the buckets of sizes.
const BYTES: &[f64] = &[256.0, 1024.0, 4096.0, 16384.0, 65536.0, 1_048_576.0, 16_777_216.0, 268_435_456.0];
/// Upper bounds of the buckets of batches.
const EVENTS: &[f64] = &[1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0];

/// Starts logging to stderr. `quiet` keeps to warnings, for commands whose output is their result.
pub(crate) fn init_logging(config: &Config, quiet: bool) -> Result<()> {
    let level = if quiet && config.log_level == "info" { "warn" } else { &config.log_level };
    let filter = EnvFilter::try_new(format!(
        "{level},wasmer=warn,wasmer_wasix=error,pglite_oxide=warn,virtual_fs=warn"
    ))
    .with_context(|| format!("LOG_LEVEL is `{level}`, which is not a level"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A line that cannot be written, as on a full disk, would be reported on the same standard error, and that panics.
    let lines = lines.log_internal_errors(false);
    let started = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Pretty => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("failed to start logging: {error}"))
}

/// Starts collecting figures; the handle prints them for Prometheus.
pub(crate) fn init_metrics() -> Result<PrometheusHandle> {
    let suffix = |end: &str| Matcher::Suffix(end.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("_seconds"), SECONDS)?
        .set_buckets_for_metric(suffix("_bytes"), BYTES)?
        .set_buckets_for_metric(suffix("_events"), EVENTS)?
        .install_recorder()?;
    gauge!("elite_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Refreshes the gauges until `stop`.
pub(crate) async fn sample(node: Node, stop: CancellationToken) {
    loop {
        if let Err(error) = sample_once(&node).await {
            tracing::debug!(%error, "the figures could not be refreshed");
        }
        node.metrics.run_upkeep();
        tokio::select! {
            () = sleep(SAMPLE_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people; they stay far below 2^52")]
async fn sample_once(node: &Node) -> Result<(), StoreError> {
    if let Ok(tails) = node.log.tails().await {
        for (partition, (tail, folded)) in tails.iter().zip(node.progress.folded()).enumerate() {
            let partition = partition.to_string();
            gauge!("elite_stream_entries", "partition" => partition.clone()).set(tail.0 as f64);
            let lag = tail.0.saturating_sub(folded) as f64;
            gauge!("elite_subscription_lag_events", "subscription" => "project", "partition" => partition)
                .set(lag);
        }
    }
    let (depths, parked) = {
        let client = node.store.client().await?;
        (todo::depths(&client).await?, dead_letter::list(&client).await?.len())
    };
    for role in roles::ACTING {
        let depth = depths.iter().find(|depth| depth.role == role.name);
        gauge!("elite_todo_rows", "role" => role.name).set(depth.map_or(0.0, |depth| depth.rows as f64));
        let oldest =
            depth.and_then(|depth| depth.oldest).map_or(0.0, |time| time.as_duration().as_secs_f64());
        gauge!("elite_todo_oldest_timestamp_seconds", "role" => role.name).set(oldest);
    }
    gauge!("elite_dead_letter_backlog").set(parked as f64);
    let (busy, most) = node.store.connections();
    gauge!("elite_db_pool_connections", "state" => "busy").set(busy as f64);
    gauge!("elite_db_pool_connections", "state" => "max").set(most as f64);
    Ok(())
}
