//! `GET /status`: the whole pipeline in numbers, for the page and for people.

use axum::{Json, extract::State};
use read_models::query::{document_counts, view_counts};
use read_store::{dead_letter, lease, todo};
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    problem::Answer,
    state::{App, Shared},
};

/// Dead letters named in full; all are counted.
const DEAD_LETTERS_SHOWN: usize = 20;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(status))
}

/// The pipeline in numbers
///
/// Documents by state, work that waits by role, how far the read models are behind the log, and what is parked.
#[utoipa::path(
    get, path = "/status", operation_id = "status", tag = "operations",
    responses((status = 200, description = "Numbers", content_type = "application/json"))
)]
pub(crate) async fn status(State(app): State<Shared>) -> Answer<Json<Value>> {
    let tails = app.log.tails().await?;
    let (client, tenant) = (app.store.client().await?, app.tenant.0.as_str());
    let documents = document_counts(&client, tenant).await?;
    let rows = view_counts(&client, tenant).await?;
    let work = todo::depths(&client).await?;
    let leases = lease::list(&client).await?;
    let letters = dead_letter::list(&client).await?;
    drop(client);
    let tails: Vec<u64> = tails.iter().map(|tail| tail.0).collect();
    let (in_use, connections_max) = app.store.connections();
    let documents: Map<String, Value> =
        documents.into_iter().map(|(status, count)| (status, count.into())).collect();
    let rows: Map<String, Value> =
        rows.into_iter().map(|count| (count.name.to_owned(), count.rows.into())).collect();
    Ok(Json(json!({
        "documents": documents,
        "rows": rows,
        "todo": work,
        "log": { "partitions": tails.len(), "events": tails.iter().sum::<u64>(), "tails": tails },
        "subscription": subscription(&app, &leases, &tails),
        "dead_letters": { "count": letters.len(), "first": letters.iter().take(DEAD_LETTERS_SHOWN).collect::<Vec<_>>() },
        "connections": { "in_use": in_use, "max": connections_max },
        "stopping": app.stopping.is_cancelled(),
    })))
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
