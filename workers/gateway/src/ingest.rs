//! `POST /ingest`: bytes into the blob store, `document.received` into the log, an answer once the document can be read.

mod accept;
mod known;
mod media_types;
mod name;
mod receive;
mod sources;

pub(crate) use name::percent_decoded;

use std::time::Duration;

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
    OpenApiRouter::new().routes(routes!(ingest)).layer(DefaultBodyLimit::max(limit)).merge(known::routes())
}

/// Hand in documents
///
/// As multipart with one or more fields `file`, or as the bytes of one file with its name in `?name=`, in
/// `Content-Disposition` or percent-encoded in `X-File-Name`. Answers when the document is parsed or rejected and can be
/// read, or 202 when that takes long or `Prefer: respond-async` asks for it. The same bytes under the same name are the
/// same document; handing them in again changes nothing. A `datasubject` seals bytes and name with that person's key: in
/// the query, in `X-Data-Subject`, or as a form field before the files.
#[utoipa::path(
    post, path = "/ingest", operation_id = "ingest", tag = "documents",
    params(
        ("name" = Option<String>, Query, description = "Name of the file, for a raw body"),
        ("datasubject" = Option<String>, Query, description = "The person whose key seals the file, as an opaque id"),
        ("X-Data-Subject" = Option<String>, Header, description = "The same, for any form of body"),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key gives the same answer"),
        ("Prefer" = Option<String>, Header, description = "`wait=SECONDS` waits less than the gateway would; `respond-async` answers 202 at once"),
    ),
    request_body(content(
        (ref("#/components/schemas/Upload") = "multipart/form-data"),
        ("application/octet-stream"),
    )),
    responses(
        (status = 200, description = "The document, or `documents` for several; `status` may be `rejected`", body = ref("#/components/schemas/Ingested")),
        (status = 202, description = "Recorded; not parsed yet. `Location` names the document", body = ref("#/components/schemas/Ingested")),
        (status = 400, description = "Malformed, empty, or without a name"),
        (status = 409, description = "A call with the same key is being answered, or the data subject was erased"),
        (status = 413, description = "Over the upload limit"),
        (status = 415, description = "A media type that is never a document"),
        (status = 422, description = "The key was used for another payload"),
        (status = 503, description = "The log cannot be written"),
    )
)]
pub(crate) async fn ingest(State(app): State<Shared>, headers: HeaderMap, request: Request) -> Answer {
    refuse_long_body(&app, &headers)?;
    let key = idempotency_key(&headers)?;
    let wait = preferred_wait(&headers, app.limits.ingest_wait);
    let uploads = receive::receive(&app, &headers, request).await?;
    // From here on the bytes are safe, and the call ends even if the caller goes away, so that a key is never left taken.
    let ending = tokio::spawn(async move {
        let fingerprint = accept::fingerprint(&uploads);
        let accepting = accept::accept(&app, &uploads, key.as_deref(), wait);
        let datasubject = uploads.first().and_then(|upload| upload.datasubject.as_deref());
        once(&app, key.as_deref(), &fingerprint, datasubject, accepting).await
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

/// How long the caller wants to wait, as RFC 7240 has it, but not longer than `limit`.
fn preferred_wait(headers: &HeaderMap, limit: Duration) -> Duration {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let preferences: Vec<&str> = values.flat_map(|value| value.split([',', ';'])).map(str::trim).collect();
    let seconds = |preference: &&str| {
        let (name, seconds) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| seconds.trim().parse().ok())?
    };
    match preferences.iter().find_map(seconds) {
        Some(seconds) => Duration::from_secs(seconds).min(limit),
        None if preferences.iter().any(|name| name.eq_ignore_ascii_case("respond-async")) => Duration::ZERO,
        None => limit,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_caller_may_want_to_wait_less() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static("prefer"),
                HeaderValue::from_static(text),
            )]);
            preferred_wait(&headers, Duration::from_secs(10)).as_secs()
        };
        assert_eq!(wait("wait=3"), 3);
        assert_eq!(wait("respond-async, Wait = 4"), 4, "asynchronous if it takes longer");
        assert_eq!(wait("wait=60"), 10, "the gateway's own limit holds");
        assert_eq!(wait("return=minimal; Respond-Async"), 0);
        assert_eq!((wait("wait=soon"), wait("handling=strict")), (10, 10));
    }
}
