//! Whether this process lives, whether it can serve, and its metrics.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use read_store::lease;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// How long a part may take to answer before it counts as not there.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// Is the process alive
///
/// Looks at nothing but this process: a database that is down is no reason to restart the gateway.
#[utoipa::path(
    get, path = "/healthz", operation_id = "healthz", tag = "operations",
    responses((status = 200, description = "It lives", content_type = "application/json"))
)]
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Can it serve
///
/// The log, the read store and the projector answer, nothing is halted, and the read models were complete once.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "operations",
    responses(
        (status = 200, description = "It can", content_type = "application/json"),
        (status = 503, description = "It cannot; `reasons` says why"),
    )
)]
pub(crate) async fn readyz(State(app): State<Shared>) -> Answer<Json<Value>> {
    let reasons = reasons_not_to_serve(&app).await;
    if reasons.is_empty() {
        return Ok(Json(json!({ "status": "ready" })));
    }
    Err(Problem::new(ProblemKind::NotServing, reasons.join("; ")).with("reasons", reasons))
}

async fn reasons_not_to_serve(app: &App) -> Vec<String> {
    let mut reasons = Vec::new();
    if app.stopping.is_cancelled() {
        reasons.push("the process is stopping".to_owned());
    }
    match tokio::time::timeout(CHECK_MAX, look_at_parts(app)).await {
        Ok(found) => reasons.extend(found),
        Err(_) => {
            reasons.push(format!("the log or the read store did not answer in {} s", CHECK_MAX.as_secs()));
        }
    }
    reasons
}

async fn look_at_parts(app: &App) -> Vec<String> {
    let tails = match app.log.tails().await {
        Ok(tails) => tails,
        Err(error) => return vec![error.to_string()],
    };
    let leases = match app.store.client().await {
        Ok(client) => lease::list(&client).await,
        Err(error) => Err(error),
    };
    let leases = match leases {
        Ok(leases) => leases,
        Err(error) => return vec![error.to_string()],
    };
    let project = leases.iter().filter(|lease| lease.subscription == app.progress.subscription());
    let (mut reasons, mut missing) = (Vec::new(), 0);
    let mut folded = vec![0; tails.len()];
    for lease in project {
        if let Some(reason) = &lease.halted {
            reasons.push(format!("partition {} is halted: {reason}", lease.partition));
        }
        if let Some(position) = usize::try_from(lease.partition).ok().and_then(|at| folded.get_mut(at)) {
            *position = lease.position.unsigned_abs();
        }
    }
    for (tail, folded) in tails.iter().zip(folded) {
        missing += tail.0.saturating_sub(folded);
    }
    if missing == 0 {
        app.caught_up.store(true, Ordering::Relaxed);
    } else if !app.caught_up.load(Ordering::Relaxed) {
        reasons.push(format!("the read models are {missing} events behind the log"));
    }
    reasons
}

/// Metrics
///
/// In the Prometheus text format.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "operations",
    responses((status = 200, description = "Every metric of the process", content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (app.metrics)()).into_response()
}
