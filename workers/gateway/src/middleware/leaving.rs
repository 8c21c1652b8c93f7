//! A gateway that is about to leave says so with every answer, so that its callers go elsewhere before it takes no more
//! connections.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::state::Shared;

/// Adds `Connection: close` to every answer once the process is stopping.
pub(crate) async fn close_when_leaving(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if app.stopping.is_cancelled() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
