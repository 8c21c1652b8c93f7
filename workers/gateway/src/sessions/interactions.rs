//! Asking a question, and getting its answer whole or as a stream.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response, Sse, sse},
};
use event_log::Appended;
use event_model::family::interaction::InteractionPrompted;
use futures::{FutureExt, StreamExt, stream};
use read_models::query::{Interaction, interaction};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    extract::{Body, Id, wants_stream},
    idempotency::replayed,
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
    waiting::until,
};

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(ask)).routes(routes!(get_interaction))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    prompt: String,
    datasubject: Option<String>,
}

/// Ask a question
///
/// Answers when there is an answer, or 202 when that takes long. With `Accept: text/event-stream` the events `prompted`
/// and then `answered` or `failed` are sent as they happen.
#[utoipa::path(
    post, path = "/sessions/{id}/interactions", operation_id = "ask", tag = "sessions",
    params(
        ("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key asks once"),
    ),
    request_body(content = ref("#/components/schemas/Question"), content_type = "application/json", example = json!({"prompt": "How do I borrow a value twice?"})),
    responses(
        (status = 200, description = "Answered, or `failed` with the reason", body = ref("#/components/schemas/Interaction")),
        (status = 202, description = "Recorded; `Location` names where the answer will be"),
        (status = 400, description = "The question is empty or the body is wrong"),
        (status = 404, description = "No such session"),
        (status = 409, description = "The session has ended"),
    )
)]
pub(crate) async fn ask(
    State(app): State<Shared>,
    Id(session): Id,
    headers: HeaderMap,
    Body(question): Body<Question>,
) -> Answer {
    let held = app.session(session).await?;
    if held.status == "ended" {
        return Err(Problem::new(
            ProblemKind::NotReady,
            format!("the session `{session}` has ended; start another"),
        ));
    }
    if question.prompt.trim().is_empty() {
        return Err(Problem::malformed("`prompt` is empty; ask something").with("field", "prompt"));
    }
    let ids = app.new_ids(&headers, "interaction")?;
    let datasubject = question.datasubject.or(held.datasubject);
    let data = InteractionPrompted { session, prompt: question.prompt };
    let appended = app.append_one(app.event(ids, data, datasubject.as_deref())?).await?;
    let asked = Asked { session, id: ids.subject, appended };
    if wants_stream(&headers) == Some(true) {
        return Ok(streamed(app, &asked));
    }
    whole(&app, &asked).await
}

/// A question that is in the log.
struct Asked {
    session: Uuid,
    id: Uuid,
    appended: Appended,
}

async fn whole(app: &App, asked: &Asked) -> Answer {
    let decided = decided(app, asked.id).await?;
    let status = if decided.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut body = match decided {
        Some(row) => serde_json::to_value(row).unwrap_or_default(),
        None => json!({ "id": asked.id, "session_id": asked.session, "status": "prompted" }),
    };
    body["event"] = serde_json::to_value(&asked.appended).unwrap_or_default();
    let location = format!("/sessions/{}/interactions/{}", asked.session, asked.id);
    Ok((status, replayed(&asked.appended), [(header::LOCATION, location)], Json(body)).into_response())
}

/// The interaction once it is answered or failed.
async fn decided(app: &App, id: Uuid) -> Answer<Option<Interaction>> {
    until(app, app.limits.answer_wait, || async {
        let client = app.store.client().await?;
        let row = interaction(&client, &app.tenant.0, id).await?;
        Ok(row.filter(|row| row.status != "prompted"))
    })
    .await
}

fn streamed(app: Shared, asked: &Asked) -> Response {
    let prompted = json!({ "id": asked.id, "session_id": asked.session, "event": asked.appended });
    let first = stream::once(std::future::ready(sse_event("prompted", &prompted)));
    let (session, id) = (asked.session, asked.id);
    let last = async move {
        match decided(&app, id).await {
            Ok(Some(row)) => {
                let name = if row.status == "answered" { "answered" } else { "failed" };
                sse_event(name, &serde_json::to_value(row).unwrap_or_default())
            }
            Ok(None) => sse_event("pending", &json!({ "id": id, "session_id": session })),
            Err(problem) => sse_event("problem", &json!({ "detail": problem.detail })),
        }
    };
    let events = first.chain(last.into_stream()).map(Ok::<_, std::convert::Infallible>);
    Sse::new(events).keep_alive(sse::KeepAlive::default()).into_response()
}

fn sse_event(name: &str, data: &Value) -> sse::Event {
    sse::Event::default().event(name).data(data.to_string())
}

/// Read a question and its answer
#[utoipa::path(
    get, path = "/sessions/{id}/interactions/{interaction}", operation_id = "getInteraction", tag = "sessions",
    params(
        ("id" = Uuid, Path, description = "The session"),
        ("interaction" = Uuid, Path, description = "The interaction"),
    ),
    responses(
        (status = 200, description = "The interaction", body = ref("#/components/schemas/Interaction")),
        (status = 404, description = "No such interaction in this session"),
    )
)]
pub(crate) async fn get_interaction(
    State(app): State<Shared>,
    Path((session, id)): Path<(String, String)>,
) -> Answer<Json<Interaction>> {
    let missing = || Problem::not_found("interaction", format!("{session}/{id}"));
    let (Ok(session_id), Ok(id)) = (session.parse::<Uuid>(), id.parse()) else { return Err(missing()) };
    let client = app.store.client().await?;
    let row = interaction(&client, &app.tenant.0, id).await?;
    drop(client);
    row.filter(|row| row.session_id == session_id).map(Json).ok_or_else(missing)
}
