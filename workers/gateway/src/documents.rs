//! Documents as they are read, and their removal.

mod content;
mod extracted;
mod versions;

pub(crate) use self::extracted::BlockPage;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use event_model::family::document::DocumentDeleted;
use read_models::query::{self, Document, DocumentFilter, chunks_of, document, documents, duplicates_of};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    appending::{NewIds, READ_YOUR_WRITES_MAX},
    cursor::{Before, page_limit},
    extract::{Id, Params, one_of, wants_page},
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
    ui,
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_documents))
        .routes(routes!(get_document, delete_document))
        .routes(routes!(get_chunks))
        .merge(content::routes())
        .merge(extracted::routes())
        .merge(versions::routes())
}

const STATES: [&str; 5] = ["received", "parsed", "rejected", "superseded", "deleted"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    status: Option<String>,
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<Before>,
}

/// List documents
///
/// Newest first. What a newer version took the place of is listed only when `status=superseded` asks for it, what was deleted
/// when `status=deleted` does.
#[utoipa::path(
    get, path = "/documents", operation_id = "listDocuments", tag = "documents",
    params(
        ("status" = Option<String>, Query, description = "received, parsed, rejected, superseded or deleted"),
        ("q" = Option<String>, Query, description = "Part of the name or the title"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = ref("#/components/schemas/DocumentPage")),
        (status = 400, description = "A parameter is wrong"),
    )
)]
pub(crate) async fn list_documents(
    State(app): State<Shared>,
    Params(listing): Params<Listing>,
) -> Answer<Json<Value>> {
    let limit = page_limit(listing.limit)?;
    let status = one_of("status", listing.status.as_deref(), &STATES)?;
    let filter = DocumentFilter {
        tenant: &app.tenant.0,
        status,
        name: listing.q.as_deref().filter(|q| !q.is_empty()),
        before: listing.cursor.map(Into::into),
        limit,
    };
    let client = app.store.client().await?;
    let found = documents(&client, &filter).await?;
    let ids: Vec<Uuid> = found.iter().map(|document| document.id).collect();
    let duplicates = duplicates_of(&client, &app.tenant.0, &ids).await?;
    drop(client);
    let last = found.last().filter(|_| i64::try_from(found.len()) == Ok(limit));
    let next = last.map(|last| Before { time: last.received_at, id: last.id });
    Ok(Json(json!({ "documents": found, "duplicates": duplicates, "next": next })))
}

/// Read a document
///
/// A browser gets a page that shows the original beside what was extracted from it.
#[utoipa::path(
    get, path = "/documents/{id}", operation_id = "getDocument", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The document", body = ref("#/components/schemas/Document")),
        (status = 404, description = "No such document, or it was deleted"),
    )
)]
pub(crate) async fn get_document(State(app): State<Shared>, headers: HeaderMap, Id(id): Id) -> Answer {
    let mut answer = if wants_page(&headers) {
        ui::file("document.html", &headers)?
    } else {
        Json(app.document(id).await?).into_response()
    };
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

impl App {
    /// A document that is there and was not deleted.
    pub(crate) async fn document(&self, id: Uuid) -> Answer<Document> {
        let client = self.store.client().await?;
        let row = document(&client, &self.tenant.0, id).await?;
        drop(client);
        let Some(row) = row else {
            self.refuse_erased("document", id).await?;
            return Err(Problem::not_found("document", id));
        };
        if row.status == "deleted" {
            let detail = format!("the document `{id}` was deleted at {}", row.changed_at);
            return Err(
                Problem::new(ProblemKind::NotFound, detail).with("deleted_at", row.changed_at.to_string())
            );
        }
        Ok(row)
    }
}

/// Delete a document
///
/// Its passages leave search at once; its events stay in the log.
#[utoipa::path(
    delete, path = "/documents/{id}", operation_id = "deleteDocument", tag = "documents",
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("reason" = Option<String>, Query, description = "Why"),
    ),
    responses(
        (status = 200, description = "Deleted, and no longer readable", body = ref("#/components/schemas/Receipt")),
        (status = 202, description = "Recorded; still readable for a moment", body = ref("#/components/schemas/Receipt")),
        (status = 404, description = "No such document"),
    )
)]
pub(crate) async fn delete_document(
    State(app): State<Shared>,
    Id(id): Id,
    Params(removal): Params<Removal>,
) -> Answer {
    let row = app.document(id).await?;
    let ids = NewIds { subject: id, event: app.clock.fresh_id() };
    let event = app.event(ids, DocumentDeleted { reason: removal.reason }, row.datasubject.as_deref())?;
    let appended = app.append_one(event).await?;
    let folded = app.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
    let status = if folded { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(json!({ "id": id, "event": appended }))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passages {
    limit: Option<i64>,
    cursor: Option<i32>,
}

/// List a document's passages
#[utoipa::path(
    get, path = "/documents/{id}/chunks", operation_id = "listChunks", tag = "documents",
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<i32>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "Passages in reading order", body = ref("#/components/schemas/ChunkPage")),
        (status = 404, description = "No such document"),
    )
)]
pub(crate) async fn get_chunks(
    State(app): State<Shared>,
    Id(id): Id,
    Params(passages): Params<Passages>,
) -> Answer<Json<Value>> {
    let limit = page_limit(passages.limit)?;
    app.document(id).await?;
    let client = app.store.client().await?;
    let chunks: Vec<query::Chunk> =
        chunks_of(&client, &app.tenant.0, id, passages.cursor.unwrap_or(0), limit).await?;
    drop(client);
    let full = i64::try_from(chunks.len()) == Ok(limit);
    let next = chunks.last().filter(|_| full).map(|last| last.ordinal + 1);
    Ok(Json(json!({ "chunks": chunks, "next": next })))
}
