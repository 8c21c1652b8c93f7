//! How many requests there are and how long they take, by route.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics::{gauge, histogram};

/// Counts a request for as long as it is being answered, also when the caller goes away.
struct Active;

impl Active {
    fn new() -> Self {
        gauge!("http_server_active_requests").increment(1.0);
        Self
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        gauge!("http_server_active_requests").decrement(1.0);
    }
}

/// Measures until the head of the answer is there. Paths that match no route are counted together.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let (_active, begun) = (Active::new(), Instant::now());
    let response = next.run(request).await;
    histogram!(
        "http_server_request_duration_seconds",
        "http_request_method" => method,
        "http_route" => route,
        "http_response_status_code" => response.status().as_str().to_owned(),
    )
    .record(begun.elapsed().as_secs_f64());
    response
}
