//! `POST /ingest`: bytes into the blob store, `document.received` into the log, an answer once the document can be read.

mod accept;
mod media_types;
mod name;
mod receive;

pub(crate) use name::percent_decoded;

use axum::{
    extract::{DefaultBodyLimit, Request, State},
    http::HeaderMap,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    idempotency::{idempotency_key, once},
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// The routes of this file. The limit on bodies is the upload limit; bodies are streamed, never held.
pub(crate) fn routes(app: &App) -> OpenApiRouter<Shared> {
    let limit = usize::try_from(app.limits.body_bytes_max).unwrap_or(usize::MAX);
    OpenApiRouter::new().routes(routes!(ingest)).layer(DefaultBodyLimit::max(limit))
}

/// Hand in documents
///
/// As multipart with one or more fields `file`, or as the bytes of one file with its name in `?name=`, in
/// `Content-Disposition` or percent-encoded in `X-File-Name`. Answers when the document is parsed or rejected and can be
/// read, or 202 when that takes long or `Prefer: respond-async` asks for it. The same bytes under the same name are the
/// same document; handing them in again changes nothing.
#[utoipa::path(
    post, path = "/ingest", operation_id = "ingest", tag = "documents",
    params(
        ("name" = Option<String>, Query, description = "Name of the file, for a raw body"),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key gives the same answer"),
        ("Prefer" = Option<String>, Header, description = "`respond-async` answers 202 at once"),
    ),
    request_body(content(
        (ref("#/components/schemas/Upload") = "multipart/form-data"),
        ("application/octet-stream"),
    )),
    responses(
        (status = 200, description = "The document, or `documents` for several; `status` may be `rejected`", body = ref("#/components/schemas/Ingested")),
        (status = 202, description = "Recorded; not parsed yet. `Location` names the document", body = ref("#/components/schemas/Ingested")),
        (status = 400, description = "Malformed, empty, or without a name"),
        (status = 409, description = "A call with the same key is being answered"),
        (status = 413, description = "Over the upload limit"),
        (status = 415, description = "A media type that is never a document"),
        (status = 422, description = "The key was used for another payload"),
        (status = 503, description = "The log cannot be written"),
    )
)]
pub(crate) async fn ingest(State(app): State<Shared>, headers: HeaderMap, request: Request) -> Answer {
    refuse_long_body(&app, &headers)?;
    let key = idempotency_key(&headers)?;
    let respond_async = prefers_async(&headers);
    let uploads = receive::receive(&app, &headers, request).await?;
    // From here on the bytes are safe, and the call ends even if the caller goes away, so that a key is never left taken.
    let ending = tokio::spawn(async move {
        let fingerprint = accept::fingerprint(&uploads);
        let accepting = accept::accept(&app, &uploads, key.as_deref(), respond_async);
        once(&app, key.as_deref(), &fingerprint, accepting).await
    });
    ending.await.map_err(|error| {
        tracing::error!(%error, "an upload's task ended badly");
        Problem::new(ProblemKind::Internal, "the upload was stored, but answering it failed")
    })?
}

fn refuse_long_body(app: &App, headers: &HeaderMap) -> Answer<()> {
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let limit = app.limits.body_bytes_max;
    match length {
        Some(length) if length > limit => Err(receive::too_large(limit)),
        _ => Ok(()),
    }
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split([',', ';']))
        .any(|part| part.trim().eq_ignore_ascii_case("respond-async"))
}
