//! The history of a document's source.

use axum::{Json, extract::State};
use read_models::query::versions_of;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cursor::page_limit,
    extract::{Id, Params},
    problem::Answer,
    state::Shared,
};

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_versions))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    limit: Option<i64>,
    cursor: Option<i64>,
}

/// List a document's versions
///
/// Every version of the document's source, newest first: the documents that have its name, and are about the same person or
/// about nobody. Bytes that came back after another version are listed again. An older version can be read like any document,
/// but is not found by search, quoted by answers, or taken into datasets.
#[utoipa::path(
    get, path = "/documents/{id}/versions", operation_id = "listVersions", tag = "documents",
    params(
        ("id" = Uuid, Path, description = "Any version"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<i64>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = ref("#/components/schemas/VersionPage")),
        (status = 404, description = "No such document"),
    )
)]
pub(crate) async fn get_versions(
    State(app): State<Shared>,
    Id(id): Id,
    Params(listing): Params<Listing>,
) -> Answer<Json<Value>> {
    let limit = page_limit(listing.limit)?;
    app.document(id).await?;
    let client = app.store.client().await?;
    let below = listing.cursor.unwrap_or(i64::MAX);
    let versions = versions_of(&client, &app.tenant.0, id, below, limit).await?;
    drop(client);
    let full = i64::try_from(versions.len()) == Ok(limit);
    let next = versions.last().filter(|last| full && last.version > 1).map(|last| last.version);
    Ok(Json(json!({ "versions": versions, "next": next })))
}
