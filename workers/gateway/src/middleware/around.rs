//! An id for every request, a span to log in, and a problem instead of a broken connection when a handler panics.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use tracing::Instrument;

use crate::{
    problem::{Problem, ProblemKind},
    state::Shared,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The outermost layer.
pub(crate) async fn around(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers())
        .or_else(|| HeaderValue::from_str(&app.clock.fresh_id().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("unknown"));
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        request_id = id.to_str().unwrap_or_default(),
    );
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response = answered.unwrap_or_else(|panic| {
        let _entered = span.enter();
        tracing::error!(panic = said(&*panic), "a handler panicked");
        Problem::new(ProblemKind::Internal, "the gateway failed while it answered").into_response()
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The caller's id, if it can be logged without harm.
fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let plain = id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(byte));
    (plain && !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX).then(|| id.clone())
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_that_could_forge_log_lines_is_replaced() {
        let id = |text: &str| {
            request_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(text).unwrap())])).is_some()
        };
        assert!(id("8e03-01.a"));
        assert!(!id("a b") && !id("{}") && !id("") && !id(&"x".repeat(129)));
    }

    #[test]
    fn a_panic_says_what_it_said() {
        assert_eq!(said(&"short"), "short");
        assert_eq!(said(&String::from("made")), "made");
        assert_eq!(said(&7_u8), "without a message");
    }
}
