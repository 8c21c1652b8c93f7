//! Asking a node: the one that runs on the data directory, or one that is started for this command alone.

use std::io::IsTerminal;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    admin::Client,
    config::{Config, LogBackend},
    execute::execute,
    lifecycle::{Opening, Roles, Running},
    request::{Failure, Reply, Request},
    telemetry,
};

/// Puts `request` to the node and returns its result; `each` gets the items that come before it.
pub(crate) async fn ask(config: &Config, request: Request, mut each: impl FnMut(Value)) -> Result<Value> {
    let bar = progress_bar();
    let running = match config.log {
        LogBackend::Embedded => Client::ask(&config.admin_socket(), &request).await?,
        LogBackend::Redis { .. } => None,
    };
    let result = match running {
        Some(mut client) => loop {
            match client.next().await? {
                Some(reply) => {
                    if let Some(result) = taken(reply, &bar, &mut each) {
                        break result;
                    }
                }
                None => break Err(Failure::unreachable("the node stopped before it answered")),
            }
        },
        None => ask_own(config, request, &bar, &mut each).await?,
    };
    bar.finish_and_clear();
    Ok(result?)
}

/// Starts a node, asks it, and stops it. On a data directory it has every role, because nobody else works there; beside
/// the workers of a shared log it has none.
async fn ask_own(
    config: &Config,
    request: Request,
    bar: &ProgressBar,
    each: &mut impl FnMut(Value),
) -> Result<Result<Value, Failure>> {
    let roles = if config.log.is_shared() { Roles::none() } else { Roles::all() };
    let opening = match &request {
        Request::Migrate => Opening::Prepare,
        replacing if replacing.replaces_read_models() => Opening::Replace,
        _ => Opening::Join,
    };
    let running = Running::start(config.clone(), &roles, opening, telemetry::init_metrics()?).await?;
    let (replies, mut incoming) = mpsc::channel(64);
    let node = running.node.clone();
    let executing = tokio::spawn(async move { execute(&node, request, &replies).await });
    while let Some(reply) = incoming.recv().await {
        taken(reply, bar, each);
    }
    let result = executing.await?;
    running.stop().await;
    Ok(result)
}

/// Deals with one line of an answer; the result, if it is the last.
fn taken(reply: Reply, bar: &ProgressBar, each: &mut impl FnMut(Value)) -> Option<Result<Value, Failure>> {
    match reply {
        Reply::Progress { done, total } => {
            bar.set_length(total);
            bar.set_position(done);
            None
        }
        Reply::Item { item } => {
            each(item);
            None
        }
        Reply::Done { result } => Some(Ok(result)),
        Reply::Failed { failure } => Some(Err(failure)),
    }
}

/// A bar with rate and remaining time on a terminal, and nothing elsewhere.
pub(crate) fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    let shape = "{bar:40} {human_pos}/{human_len} {per_sec} {eta} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(shape) {
        bar.set_style(style);
    }
    bar
}
