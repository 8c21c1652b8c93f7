//! The bytes of a document as they were handed in: to be kept, or to be shown where a browser does so safely.

use axum::{
    body::Body as HttpBody,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::IntoResponse,
};
use event_model::{BlobRef, SubjectKey};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Id, Params},
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_content))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Showing {
    #[serde(default)]
    inline: bool,
}

/// Download a document
///
/// The bytes as they were handed in, as an attachment. With `inline=true`, PDF and HTML may be shown within a page of this
/// gateway: HTML without its scripts and without anything from elsewhere.
#[utoipa::path(
    get, path = "/documents/{id}/content", operation_id = "getDocumentContent", tag = "documents",
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("inline" = Option<bool>, Query, description = "To be shown, if it is PDF or HTML"),
    ),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream"),
        (status = 404, description = "No such document"),
        (status = 410, description = "It belonged to a data subject who was erased"),
    )
)]
pub(crate) async fn get_content(
    State(app): State<Shared>,
    Id(id): Id,
    Params(showing): Params<Showing>,
) -> Answer {
    let row = app.document(id).await?;
    let key = app.opening_key(row.datasubject.as_deref()).await?;
    // What the producer claims is not enough to show something.
    let shown = showing.inline.then(|| shown_with(row.media_type.as_deref()?)).flatten();
    let media_type = row.media_type.or(row.declared_type);
    let mut answer = app.download(&row.content, key.as_ref(), media_type.as_deref(), &row.name).await?;
    if let Some(policy) = shown {
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    Ok(answer)
}

/// The policy under which a browser may show bytes of a type. A page may be looked into by ours, and do nothing itself; the
/// sandbox holds wherever it is opened. Browsers show no PDF in a sandbox: their viewer is one.
fn shown_with(media_type: &str) -> Option<&'static str> {
    match media_type {
        "application/pdf" => Some("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"),
        "text/html" => Some(
            "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
        ),
        _ => None,
    }
}

impl App {
    /// A blob as an attachment, opened if there is a key. A type that is not a header value is left to the reader.
    pub(crate) async fn download(
        &self,
        blob: &str,
        key: Option<&SubjectKey>,
        media_type: Option<&str>,
        name: &str,
    ) -> Answer {
        let missing =
            || Problem::new(ProblemKind::Internal, format!("blob `{blob}` is not in the blob store"));
        let blob: BlobRef = blob.parse().map_err(|_| missing())?;
        let found = self.blobs.stream_opened(key, &blob).await?.ok_or_else(missing)?;
        let mut headers = HeaderMap::new();
        let media_type = media_type.and_then(|text| HeaderValue::from_str(text).ok());
        headers.insert(
            header::CONTENT_TYPE,
            media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        );
        headers.insert(header::CONTENT_LENGTH, found.size_bytes.into());
        headers.insert(header::CONTENT_DISPOSITION, attachment(name));
        headers
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
        headers.insert(header::ETAG, etag(&blob));
        Ok((headers, HttpBody::from_stream(found.bytes)).into_response())
    }
}

fn etag(blob: &BlobRef) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", blob.hex())).unwrap_or(HeaderValue::from_static("\"\""))
}

/// `attachment` with the last part of the name, in the form that carries any character.
fn attachment(name: &str) -> HeaderValue {
    use std::fmt::Write;
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("document");
    let mut value = String::from("attachment; filename*=UTF-8''");
    for byte in last.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            value.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(value, "%{byte:02X}").ok();
        }
    }
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::{attachment, shown_with};

    #[test]
    fn a_download_is_named_after_the_last_part_and_carries_any_character() {
        assert_eq!(attachment("../etc/na ïve\r\n.md"), "attachment; filename*=UTF-8''na%20%C3%AFve%0D%0A.md");
        assert_eq!(attachment("///"), "attachment; filename*=UTF-8''document");
    }

    #[test]
    fn nothing_that_could_run_is_shown_outside_a_sandbox() {
        assert!(
            shown_with("text/html")
                .is_some_and(|policy| policy.starts_with("sandbox") && !policy.contains("allow-scripts"))
        );
        for other in ["image/svg+xml", "application/xhtml+xml", "text/xml", "text/markdown"] {
            assert!(shown_with(other).is_none(), "{other}");
        }
    }
}
