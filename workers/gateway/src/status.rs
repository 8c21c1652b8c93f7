//! `GET /status`: the whole pipeline in numbers, for the page and for people.

use std::time::Duration;

use axum::{Json, extract::State, http::HeaderMap};
use read_models::query::{document_counts, view_counts};
use read_store::{dead_letter, lease, todo};
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::header_text,
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// Dead letters named in full; all are counted.
const DEAD_LETTERS_SHOWN: usize = 20;
/// How long numbers are told again to those who do not need the latest.
const TOLD_AGAIN: Duration = Duration::from_secs(1);

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(status))
}

/// The pipeline in numbers
///
/// Documents by state, work that waits by role, how far the read models are behind the log, and what is parked. Counted
/// for every call; a call with `Cache-Control: max-age=1` or more may get numbers that are up to a second old, and then any
/// number of such calls to any number of gateways costs the database one count a second.
#[utoipa::path(
    get, path = "/status", operation_id = "status", tag = "operations",
    params(("Cache-Control" = Option<String>, Header, description = "`max-age=1`: numbers that are a second old will do")),
    responses((status = 200, description = "Numbers", content_type = "application/json"))
)]
pub(crate) async fn status(State(app): State<Shared>, headers: HeaderMap) -> Answer<Json<Value>> {
    let mut numbers =
        if takes_old_numbers(&headers)? { shared_numbers(&app).await? } else { numbers(&app).await? };
    let (in_use, connections_max) = app.store.connections();
    numbers["connections"] = json!({ "in_use": in_use, "max": connections_max });
    numbers["stopping"] = app.stopping.is_cancelled().into();
    Ok(Json(numbers))
}

fn takes_old_numbers(headers: &HeaderMap) -> Answer<bool> {
    let directives = header_text(headers, "cache-control")?.unwrap_or_default().split(',');
    let ages = directives.filter_map(|directive| directive.trim().strip_prefix("max-age="));
    Ok(ages.filter_map(|age| age.parse::<u64>().ok()).any(|age| age >= TOLD_AGAIN.as_secs()))
}

/// The numbers that any gateway counted within the last second, or else counted now.
async fn shared_numbers(app: &App) -> Answer<Value> {
    // Whoever comes meanwhile is told what this one finds out.
    let _asking = app.asking_status.lock().await;
    let key = format!("status:{}:{}", app.progress.scope(&app.store).await?, app.tenant.0);
    if let Some(kept) = app.realtime.cache_get(&key).await
        && let Ok(numbers) = serde_json::from_slice(&kept)
    {
        return Ok(numbers);
    }
    let numbers = numbers(app).await?;
    let kept = serde_json::to_vec(&numbers).map_err(|error| {
        Problem::new(ProblemKind::Internal, format!("the numbers cannot be written: {error}"))
    })?;
    app.realtime.cache_put(&key, kept.into(), TOLD_AGAIN).await;
    Ok(numbers)
}

/// What the log and the database say now; the same for every gateway.
async fn numbers(app: &App) -> Answer<Value> {
    let tails = app.log.tails().await?;
    let (client, tenant) = (app.store.client().await?, app.tenant.0.as_str());
    let documents = document_counts(&client, tenant).await?;
    let rows = view_counts(&client, tenant).await?;
    let work = todo::depths(&client).await?;
    let leases = lease::list(&client).await?;
    let letters = dead_letter::list(&client).await?;
    drop(client);
    let tails: Vec<u64> = tails.iter().map(|tail| tail.0).collect();
    let documents: Map<String, Value> =
        documents.into_iter().map(|(status, count)| (status, count.into())).collect();
    let rows: Map<String, Value> =
        rows.into_iter().map(|count| (count.name.to_owned(), count.rows.into())).collect();
    Ok(json!({
        "documents": documents,
        "rows": rows,
        "todo": work,
        "log": { "partitions": tails.len(), "events": tails.iter().sum::<u64>(), "tails": tails },
        "subscription": subscription(app, &leases, &tails),
        "dead_letters": { "count": letters.len(), "first": letters.iter().take(DEAD_LETTERS_SHOWN).collect::<Vec<_>>() },
    }))
}

fn subscription(app: &App, leases: &[lease::PartitionState], tails: &[u64]) -> Value {
    let name = app.progress.subscription();
    let partitions: Vec<Value> = leases
        .iter()
        .filter(|lease| lease.subscription == name)
        .map(|lease| {
            let tail =
                usize::try_from(lease.partition).ok().and_then(|at| tails.get(at)).copied().unwrap_or(0);
            let position = lease.position.unsigned_abs();
            json!({
                "partition": lease.partition,
                "position": position,
                "tail": tail,
                "lag_events": tail.saturating_sub(position),
                "halted": lease.halted,
            })
        })
        .collect();
    let lag: u64 = partitions.iter().filter_map(|partition| partition["lag_events"].as_u64()).sum();
    json!({ "name": name, "lag_events": lag, "partitions": partitions })
}
