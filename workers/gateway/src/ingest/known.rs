//! `POST /documents/known`: which files need not be sent, because handing them in would record nothing.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::HeaderMap,
};
use event_model::{BlobRef, document_id};
use read_models::query::{Document, documents_among};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::sources::{Source, Sources};
use crate::{
    datasubject,
    extract::Body,
    problem::{Answer, Problem},
    state::{App, Shared},
};

/// Most files in one question.
const FILES_MAX: usize = 1_000;
/// Holds as many of the longest names, each byte of them escaped.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(known_documents)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    documents: Vec<Asked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    sha256: String,
}

/// What is known of one file.
#[derive(Default, Serialize)]
struct Found {
    known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection_detail: Option<String>,
}

impl From<Document> for Found {
    fn from(row: Document) -> Self {
        let Document { id, status, rejection_reason, rejection_detail, .. } = row;
        Self { known: true, id: Some(id), status: Some(status), rejection_reason, rejection_detail }
    }
}

/// Ask which files are there
///
/// For up to 1000 files, by name and by the SHA-256 of their bytes: whether the newest document of that name has these bytes, so that
/// handing them in would record nothing. A rejected document is known, too, with its reason. Bytes that another version
/// replaced are not, because they would come back as a new version. What belongs to a data subject is never known: it is told apart by
/// that person's key, so a file of theirs has to be sent.
#[utoipa::path(
    post, path = "/documents/known", operation_id = "knownDocuments", tag = "documents",
    params(("X-Data-Subject" = Option<String>, Header, description = "The person whose files these are; then none is known")),
    request_body = ref("#/components/schemas/KnownQuestion"),
    responses(
        (status = 200, description = "An answer for each file, in the order of the question", body = ref("#/components/schemas/KnownAnswer")),
        (status = 400, description = "Malformed, or more than 1000 files"),
    )
)]
pub(crate) async fn known_documents(
    State(app): State<Shared>,
    headers: HeaderMap,
    Body(question): Body<Question>,
) -> Answer<Json<Value>> {
    let subject = datasubject::in_headers(&headers)?;
    let ids = ids(&app, &question.documents)?;
    let known = match subject {
        Some(_) => ids.iter().map(|_| Found::default()).collect(),
        None => known(&app, &question.documents, &ids).await?,
    };
    Ok(Json(json!({ "documents": known })))
}

/// The documents that the files would be, if they are nobody's.
fn ids(app: &App, asked: &[Asked]) -> Answer<Vec<Uuid>> {
    if asked.len() > FILES_MAX {
        let detail = format!("{} files are asked about; ask about {FILES_MAX} at most", asked.len());
        return Err(Problem::malformed(detail).with("field", "documents"));
    }
    let id = |(index, asked): (usize, &Asked)| {
        let content: BlobRef = format!("sha256:{}", asked.sha256).parse().map_err(|_| {
            let detail = format!("`sha256` of file {index} is not 64 lower-case hexadecimal digits");
            Problem::malformed(detail).with("field", "sha256").with("index", index)
        })?;
        Ok(document_id(&app.tenant, &asked.name, &content))
    };
    asked.iter().enumerate().map(id).collect()
}

async fn known(app: &App, asked: &[Asked], ids: &[Uuid]) -> Answer<Vec<Found>> {
    let client = app.store.client().await?;
    let rows = documents_among(&client, &app.tenant.0, ids).await?;
    drop(client);
    let rows: HashMap<Uuid, Document> = rows.into_iter().map(|row| (row.id, row)).collect();
    let there = asked.iter().zip(ids).filter(|(_, id)| rows.contains_key(id));
    let names: Vec<&str> = there.map(|(asked, _)| asked.name.as_str()).collect();
    let sources = Sources::named(app, &names).await?;
    let answer = |(asked, id): (&Asked, &Uuid)| {
        let source = Source { name: asked.name.clone(), datasubject: None };
        let row = rows.get(id).filter(|row| row.datasubject.is_none() && sources.stands(&source, row));
        row.cloned().map(Found::from).unwrap_or_default()
    };
    Ok(asked.iter().zip(ids).map(answer).collect())
}
