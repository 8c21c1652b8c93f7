//! Training datasets: asking for one, and taking it away.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use event_model::family::dataset::{DatasetKind, DatasetRequested};
use read_models::query::{Dataset, dataset, datasets};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    cursor::{Before, Listing, page_limit},
    extract::{Body, Id, Params},
    idempotency::replayed,
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
    waiting::until,
};

const NAME_BYTES_MAX: usize = 200;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_datasets, build_dataset))
        .routes(routes!(get_dataset))
        .routes(routes!(export_dataset))
        .routes(routes!(get_manifest))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDataset {
    name: String,
    kind: DatasetKind,
    #[serde(default)]
    include_rejected: bool,
}

/// Build a dataset
///
/// Answers when it is built, or 202 when that takes long.
#[utoipa::path(
    post, path = "/datasets", operation_id = "buildDataset", tag = "datasets",
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key builds one dataset")),
    request_body(content = ref("#/components/schemas/NewDataset"), content_type = "application/json", example = json!({"name": "first", "kind": "sft"})),
    responses(
        (status = 201, description = "Built", body = ref("#/components/schemas/Dataset")),
        (status = 202, description = "Recorded; `Location` names the dataset"),
        (status = 400, description = "The body is wrong"),
        (status = 422, description = "The key was used for another payload"),
    )
)]
pub(crate) async fn build_dataset(
    State(app): State<Shared>,
    headers: HeaderMap,
    Body(new): Body<NewDataset>,
) -> Answer {
    if new.name.trim().is_empty() || new.name.len() > NAME_BYTES_MAX || new.name.contains('\0') {
        let detail = format!("`name` must have 1 to {NAME_BYTES_MAX} bytes");
        return Err(Problem::malformed(detail).with("field", "name"));
    }
    let ids = app.new_ids(&headers, "dataset")?;
    let data = DatasetRequested { name: new.name, kind: new.kind, include_rejected: new.include_rejected };
    let appended = app.append_one(app.event(ids, data, None)?).await?;
    let built = until(&app, app.limits.answer_wait, || async {
        Ok(app.dataset_row(ids.subject).await?.filter(|row| row.status != "requested"))
    })
    .await?;
    let status = if built.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let mut body = match built {
        Some(row) => serde_json::to_value(row).unwrap_or_default(),
        None => json!({ "id": ids.subject, "status": "requested" }),
    };
    body["event"] = serde_json::to_value(&appended).unwrap_or_default();
    let location = format!("/datasets/{}", ids.subject);
    Ok((status, replayed(&appended), [(header::LOCATION, location)], Json(body)).into_response())
}

impl App {
    async fn dataset_row(&self, id: Uuid) -> Answer<Option<Dataset>> {
        let client = self.store.client().await?;
        Ok(dataset(&client, &self.tenant.0, id).await?)
    }

    async fn dataset(&self, id: Uuid) -> Answer<Dataset> {
        self.dataset_row(id).await?.ok_or_else(|| Problem::not_found("dataset", id))
    }
}

/// List datasets
///
/// Newest first.
#[utoipa::path(
    get, path = "/datasets", operation_id = "listDatasets", tag = "datasets",
    params(
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/DatasetPage")))
)]
pub(crate) async fn list_datasets(
    State(app): State<Shared>,
    Params(listing): Params<Listing>,
) -> Answer<Json<Value>> {
    let limit = page_limit(listing.limit)?;
    let client = app.store.client().await?;
    let found = datasets(&client, &app.tenant.0, listing.cursor.map(Into::into), limit).await?;
    drop(client);
    let last = found.last().filter(|_| i64::try_from(found.len()) == Ok(limit));
    let next = last.map(|last| Before { time: last.requested_at, id: last.id });
    Ok(Json(json!({ "datasets": found, "next": next })))
}

/// Read a dataset's description
#[utoipa::path(
    get, path = "/datasets/{id}", operation_id = "getDataset", tag = "datasets",
    params(("id" = Uuid, Path, description = "The dataset")),
    responses(
        (status = 200, description = "The dataset", body = ref("#/components/schemas/Dataset")),
        (status = 404, description = "No such dataset"),
    )
)]
pub(crate) async fn get_dataset(State(app): State<Shared>, Id(id): Id) -> Answer<Json<Dataset>> {
    app.dataset(id).await.map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    format: Option<String>,
}

/// Download a dataset's rows
#[utoipa::path(
    get, path = "/datasets/{id}/export", operation_id = "exportDataset", tag = "datasets",
    params(
        ("id" = Uuid, Path, description = "The dataset"),
        ("format" = Option<String>, Query, description = "`jsonl`, which is also what is sent when none is given"),
    ),
    responses(
        (status = 200, description = "One JSON object a line", content_type = "application/jsonl"),
        (status = 400, description = "An unknown format"),
        (status = 404, description = "No such dataset"),
        (status = 409, description = "Not built yet"),
        (status = 410, description = "Withdrawn, because it held rows of a data subject who was erased"),
    )
)]
pub(crate) async fn export_dataset(
    State(app): State<Shared>,
    Id(id): Id,
    Params(export): Params<Export>,
) -> Answer {
    if let Some(format) = export.format.filter(|format| format != "jsonl") {
        let detail = format!("`format` is `{format}`; the only one is `jsonl`");
        return Err(Problem::malformed(detail).with("field", "format"));
    }
    let row = app.dataset(id).await?;
    refuse_withdrawn(&row)?;
    let blob = row.content.ok_or_else(|| not_built(id))?;
    app.download(&blob, None, Some("application/jsonl"), &format!("{}.jsonl", row.name)).await
}

/// Download a dataset's manifest
///
/// It names the events behind every row.
#[utoipa::path(
    get, path = "/datasets/{id}/manifest", operation_id = "getDatasetManifest", tag = "datasets",
    params(("id" = Uuid, Path, description = "The dataset")),
    responses(
        (status = 200, description = "The manifest", content_type = "application/json"),
        (status = 404, description = "No such dataset"),
        (status = 409, description = "Not built yet"),
        (status = 410, description = "Withdrawn, because it held rows of a data subject who was erased"),
    )
)]
pub(crate) async fn get_manifest(State(app): State<Shared>, Id(id): Id) -> Answer {
    let row = app.dataset(id).await?;
    refuse_withdrawn(&row)?;
    let blob = row.manifest.ok_or_else(|| not_built(id))?;
    app.download(&blob, None, Some("application/json"), &format!("{}.manifest.json", row.name)).await
}

/// Its blobs are gone.
fn refuse_withdrawn(row: &Dataset) -> Answer<()> {
    let Some(because) = row.withdrawn_because.as_ref() else { return Ok(()) };
    Err(Problem::new(ProblemKind::Erased, format!("the dataset `{}` was withdrawn: {because}", row.id)))
}

fn not_built(id: Uuid) -> Problem {
    Problem::new(ProblemKind::NotReady, format!("the dataset `{id}` is not built yet"))
}
