//! All routes, and the layers around them.

use axum::{
    Router,
    extract::{DefaultBodyLimit, OriginalUri},
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    conflicts, datasets, documents, events, feedback, health, ingest, knowledge,
    middleware::{around, close_when_leaving, close_when_unread, measure, refuse_other_origins, secure},
    openapi,
    problem::{Problem, ProblemKind},
    search, sessions,
    state::{App, GatewayState, Shared},
    status, ui,
};

/// Largest body of a call that takes neither documents nor events.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The gateway over `state`. Must be called where tasks can be spawned.
pub fn router(state: GatewayState) -> Router {
    let app = App::new(state);
    let (routes, described) = api(&app).split_for_parts();
    app.described.get_or_init(|| openapi::describe(&described));
    routes
        .merge(ui::routes())
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(refuse_other_origins))
        .layer(from_fn(measure))
        .layer(from_fn(close_when_unread))
        .layer(from_fn(secure))
        .layer(from_fn_with_state(app.clone(), close_when_leaving))
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// Every route that the API's description lists.
fn api(app: &App) -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(documents::routes())
        .merge(knowledge::routes())
        .merge(conflicts::routes())
        .merge(search::routes())
        .merge(sessions::routes())
        .merge(feedback::routes())
        .merge(datasets::routes())
        .merge(status::routes())
        .merge(health::routes())
        .merge(openapi::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(ingest::routes(app))
        .merge(events::routes())
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    let detail = format!("there is nothing at `{}`; `/openapi.json` lists every path", uri.path());
    Problem::new(ProblemKind::NotFound, detail)
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    let detail = format!("`{}` does not take {method}; the `Allow` header lists what it takes", uri.path());
    Problem::new(ProblemKind::MethodNotAllowed, detail)
}
