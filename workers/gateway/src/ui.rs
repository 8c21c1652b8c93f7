//! The page people see, and the pages that problem types lead to. The files are in the binary; nothing comes from elsewhere.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use event_model::BlobRef;

use crate::{
    problem::{Answer, Problem, ProblemKind},
    state::Shared,
};

/// A file of the page.
struct File {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal $media_type:literal),+ $(,)?) => {
        &[$(File { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../ui/", $name)) }),+]
    };
}

const FILES: &[File] = files![
    "index.html" "text/html; charset=utf-8",
    "app.css" "text/css; charset=utf-8",
    "app.js" "text/javascript; charset=utf-8",
    "api.js" "text/javascript; charset=utf-8",
    "ask.js" "text/javascript; charset=utf-8",
    "checks.js" "text/javascript; charset=utf-8",
    "conflicts.js" "text/javascript; charset=utf-8",
    "datasets.js" "text/javascript; charset=utf-8",
    "document.html" "text/html; charset=utf-8",
    "document.css" "text/css; charset=utf-8",
    "document.js" "text/javascript; charset=utf-8",
    "documents.js" "text/javascript; charset=utf-8",
    "drawer.js" "text/javascript; charset=utf-8",
    "elements.js" "text/javascript; charset=utf-8",
    "extract.js" "text/javascript; charset=utf-8",
    "locate.js" "text/javascript; charset=utf-8",
    "original.js" "text/javascript; charset=utf-8",
    "page-map.js" "text/javascript; charset=utf-8",
    "rules.json" "application/json",
    "search.js" "text/javascript; charset=utf-8",
    "status.js" "text/javascript; charset=utf-8",
    "upload.js" "text/javascript; charset=utf-8",
    "icon.svg" "image/svg+xml",
];

/// The routes of this file.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(async |headers: HeaderMap| file("index.html", &headers)))
        .route("/ui/{name}", get(async |Path(name): Path<String>, headers: HeaderMap| file(&name, &headers)))
        .route("/problems/{slug}", get(problem_page))
}

/// A file of the pages, unless the caller has it already.
pub(crate) fn file(name: &str, headers: &HeaderMap) -> Answer {
    let found =
        FILES.iter().find(|file| file.name == name).ok_or_else(|| Problem::not_found("file", name))?;
    let etag = format!("\"{}\"", &BlobRef::of(found.bytes).hex()[..32]);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let kept = [(header::ETAG, etag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(found.media_type))];
    Ok((kept, media_type, found.bytes).into_response())
}

/// What a kind of problem means and what to do about it.
async fn problem_page(Path(slug): Path<String>) -> Answer<Response> {
    let kind = ProblemKind::ALL.iter().find(|kind| kind.slug() == slug);
    let kind = kind.ok_or_else(|| Problem::not_found("problem", &slug))?;
    let page = format!("{}\n\nStatus: {}\n{}\n", kind.title(), kind.status(), kind.advice());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page).into_response())
}
