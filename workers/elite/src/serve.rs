//! Keeping a node running: its gateway and its admin socket, until a signal says to stop.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use gateway::{GatewayState, Limits};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin,
    lifecycle::{Node, Running},
    request::Failure,
};

/// How long requests that are under way may take to finish.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// How long a gateway beside others still takes requests once it is told to stop: `/readyz` and `Connection: close` say that
/// it leaves, and whoever spreads requests needs a moment to send them elsewhere.
const LEAVE_TIME: Duration = Duration::from_secs(2);

/// Serves until SIGINT or SIGTERM, then drains. A second signal ends the process at once.
pub(crate) async fn until_stopped(
    running: Running,
    with_gateway: bool,
    ready: impl FnOnce(Option<SocketAddr>),
) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let socket = if running.node.is_shared() { None } else { Some(serve_admin(&running)?) };
    let address = if with_gateway { Some(serve_gateway(&running).await?) } else { None };
    ready(address);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping; what is under way is finished first, a second signal stops at once");
    let code = tokio::select! {
        () = running.stop() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::from(130),
        _ = terminate.recv() => ExitCode::from(143),
    };
    if let Some(socket) = socket {
        std::fs::remove_file(socket).ok();
    }
    Ok(code)
}

/// Serves the admin socket of a data directory and says where it is. Beside a shared log nobody needs one: every command
/// can open what the workers open.
fn serve_admin(running: &Running) -> Result<PathBuf> {
    let socket = running.node.config.admin_socket();
    let listener = admin::listen(&socket)?;
    let node = running.node.clone();
    running.spawn(|stop| admin::serve(listener, node, stop));
    Ok(socket)
}

/// Serves the gateway and says where it listens.
pub(crate) async fn serve_gateway(running: &Running) -> Result<SocketAddr> {
    let wanted = running.node.config.listen;
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        Failure::unreachable(format!(
            "failed to listen on {wanted}: {error}; choose another address with --listen"
        ))
    })?;
    let address = listener.local_addr().context("failed to learn the gateway's address")?;
    let node = running.node.clone();
    let leave_time = if node.is_shared() { LEAVE_TIME } else { Duration::ZERO };
    running.spawn(|stop| async move {
        let closing = CancellationToken::new();
        let serving = gateway::serve(listener, gateway::router(state(&node, stop.clone())), closing.clone());
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(leave_time).await;
            closing.cancel();
            tokio::time::sleep(DRAIN_MAX).await;
        };
        tokio::select! {
            served = serving => {
                if let Err(error) = served {
                    tracing::error!(%error, "the gateway stopped");
                }
            }
            () = overdue => tracing::warn!("requests that did not finish in time are cut off"),
        }
    });
    Ok(address)
}

fn state(node: &Node, stopping: CancellationToken) -> GatewayState {
    let metrics = node.metrics.clone();
    GatewayState {
        store: node.store.clone(),
        log: Arc::clone(&node.log),
        keyring: Arc::clone(&node.keyring),
        blobs: node.blobs.clone(),
        progress: Arc::clone(&node.progress),
        embedder: node.embedder.clone(),
        clock: Arc::clone(&node.clock),
        realtime: Arc::clone(&node.realtime),
        limits: Limits { body_bytes_max: node.config.body_bytes_max, ..Limits::default() },
        metrics: Arc::new(move || metrics.render()),
        stopping,
    }
}
