//! Conversations.

mod interactions;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use event_model::family::session::SessionStarted;
use read_models::query::{Session, checks_of_session, feedback_of, interactions_of, session, sessions};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    appending::READ_YOUR_WRITES_MAX,
    cursor::{Before, Listing, page_limit},
    extract::{Id, OptionalBody, Params},
    idempotency::replayed,
    problem::{Answer, Problem},
    state::{App, Shared},
};

/// The routes of this file and of the one below it.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions, start_session))
        .routes(routes!(get_session))
        .merge(interactions::routes())
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    user: Option<String>,
    title: Option<String>,
    datasubject: Option<String>,
}

/// Start a session
#[utoipa::path(
    post, path = "/sessions", operation_id = "startSession", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key starts one session")),
    request_body(content = ref("#/components/schemas/NewSession"), content_type = "application/json", example = json!({"title": "Lifetimes"})),
    responses(
        (status = 201, description = "The session", body = ref("#/components/schemas/Session")),
        (status = 202, description = "Recorded; not readable yet"),
        (status = 400, description = "The body is wrong"),
        (status = 422, description = "The key was used for another payload"),
    )
)]
pub(crate) async fn start_session(
    State(app): State<Shared>,
    headers: HeaderMap,
    OptionalBody(new): OptionalBody<NewSession>,
) -> Answer {
    let ids = app.new_ids(&headers, "session")?;
    let data = SessionStarted { user: new.user, title: new.title };
    let appended = app.append_one(app.event(ids, data, new.datasubject.as_deref())?).await?;
    let folded = app.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
    let row = app.session_row(ids.subject).await?;
    let status = if folded && row.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let mut body =
        row.map_or_else(|| Ok(json!({ "id": ids.subject })), serde_json::to_value).unwrap_or_default();
    body["event"] = serde_json::to_value(&appended).unwrap_or_default();
    let location = format!("/sessions/{}", ids.subject);
    Ok((status, replayed(&appended), [(header::LOCATION, location)], Json(body)).into_response())
}

impl App {
    async fn session_row(&self, id: Uuid) -> Answer<Option<Session>> {
        let client = self.store.client().await?;
        Ok(session(&client, &self.tenant.0, id).await?)
    }

    /// A session that is there.
    pub(crate) async fn session(&self, id: Uuid) -> Answer<Session> {
        self.session_row(id).await?.ok_or_else(|| Problem::not_found("session", id))
    }
}

/// List sessions
///
/// Newest first.
#[utoipa::path(
    get, path = "/sessions", operation_id = "listSessions", tag = "sessions",
    params(
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/SessionPage")))
)]
pub(crate) async fn list_sessions(
    State(app): State<Shared>,
    Params(listing): Params<Listing>,
) -> Answer<Json<Value>> {
    let limit = page_limit(listing.limit)?;
    let client = app.store.client().await?;
    let found = sessions(&client, &app.tenant.0, listing.cursor.map(Into::into), limit).await?;
    drop(client);
    let last = found.last().filter(|_| i64::try_from(found.len()) == Ok(limit));
    let next = last.map(|last| Before { time: last.started_at, id: last.id });
    Ok(Json(json!({ "sessions": found, "next": next })))
}

/// Read a session
///
/// With its questions, their answers, what people thought of them, and how far trusted sources support them, if they were checked.
#[utoipa::path(
    get, path = "/sessions/{id}", operation_id = "getSession", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses(
        (status = 200, description = "The session", body = ref("#/components/schemas/SessionWithInteractions")),
        (status = 404, description = "No such session"),
    )
)]
pub(crate) async fn get_session(State(app): State<Shared>, Id(id): Id) -> Answer<Json<Value>> {
    let row = app.session(id).await?;
    let client = app.store.client().await?;
    let asked = interactions_of(&client, &app.tenant.0, id).await?;
    let feedback = feedback_of(&client, &app.tenant.0, id).await?;
    let checks = checks_of_session(&client, &app.tenant.0, id).await?;
    drop(client);
    let mut body = serde_json::to_value(row).unwrap_or_default();
    body["interaction_count"] = body["interactions"].take();
    body["interactions"] = serde_json::to_value(asked).unwrap_or_default();
    body["checks"] = serde_json::to_value(checks).unwrap_or_default();
    body["feedback"] = serde_json::to_value(feedback).unwrap_or_default();
    Ok(Json(body))
}
