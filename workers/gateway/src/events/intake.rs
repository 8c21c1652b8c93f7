//! `POST /events`: CloudEvents in structured, batch and binary mode.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Request, State},
    http::HeaderMap,
    response::IntoResponse,
};
use event_model::{Event, IncomingEvent};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use uuid::Uuid;

use crate::{
    appending::Repeats,
    extract::{header_text, media_type, whole_body},
    idempotency::replayed,
    ingest::percent_decoded,
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const BATCH_EVENTS_MAX: usize = 1_000;
const FAMILIES_ABOUT_IDS: [&str; 6] =
    ["document.", "knowledge.", "session.", "interaction.", "feedback.", "dataset."];

/// Append events
///
/// One event as `application/cloudevents+json`, up to 1,000 as `application/cloudevents-batch+json`, or one in binary
/// mode with `ce-` headers and `data` as the body. A batch is checked whole before anything of it is appended. An event
/// whose `(source, id)` was there before is answered as `duplicate` and changes nothing.
#[utoipa::path(
    post, path = "/events", operation_id = "appendEvents", tag = "events",
    request_body(content(
        (ref("#/components/schemas/CloudEvent") = "application/cloudevents+json"),
        (ref("#/components/schemas/CloudEventBatch") = "application/cloudevents-batch+json"),
        ("application/json"),
    )),
    responses(
        (status = 200, description = "Where it is in the log, or `events` for a batch", body = ref("#/components/schemas/AppendedAnswer")),
        (status = 400, description = "Not a CloudEvent; `attribute` and, in a batch, `index` name the place"),
        (status = 409, description = "The data subject was erased"),
        (status = 413, description = "An event over 64 KiB, or too large a batch"),
        (status = 415, description = "Not a CloudEvents media type"),
        (status = 422, description = "The id was used for another event"),
        (status = 503, description = "The log cannot be written"),
    )
)]
pub(crate) async fn append_events(State(app): State<Shared>, headers: HeaderMap, request: Request) -> Answer {
    let form = media_type(&headers);
    let binary = headers.contains_key("ce-specversion");
    let body = match form.as_deref() {
        Some(STRUCTURED | BATCH) => whole_body(request, &app).await?,
        _ if binary => whole_body(request, &app).await?,
        form => return Err(unknown_form(form)),
    };
    if form.as_deref() == Some(BATCH) {
        let events = batch(&app, &body)?;
        let answers = app.append(events, Repeats::MustAgree).await?;
        return Ok(Json(json!({ "events": answers })).into_response());
    }
    let incoming = match form.as_deref() {
        Some(STRUCTURED) => IncomingEvent::decode(&body)?,
        _ => in_headers(&headers, &body)?,
    };
    let event = accepted(&app, incoming, app.clock.now())?;
    let appended = app.append_one(event).await?;
    Ok((replayed(&appended), Json(appended)).into_response())
}

fn unknown_form(form: Option<&str>) -> Problem {
    let detail = format!(
        "the Content-Type is `{}`; send `{STRUCTURED}`, `{BATCH}`, or `ce-` headers with the data as body",
        form.unwrap_or("none")
    );
    Problem::new(ProblemKind::UnknownType, detail)
}

/// The event that will be stored, if it can be folded: most families are about things whose id is a UUID.
fn accepted(app: &App, incoming: IncomingEvent, now: Timestamp) -> Answer<Event> {
    let event = incoming.accept(app.tenant.clone(), now)?;
    let about_ids = FAMILIES_ABOUT_IDS.iter().any(|family| event.event_type.starts_with(family));
    if about_ids && event.subject.parse::<Uuid>().is_err() {
        let detail = format!(
            "attribute `subject` is `{}`; for `{}` it is the UUID of what it happened to",
            &*event.subject, &*event.event_type
        );
        return Err(Problem::malformed(detail).with("attribute", "subject"));
    }
    Ok(event)
}

/// All events of a batch, or the first fault with its index.
fn batch(app: &App, body: &[u8]) -> Answer<Vec<Event>> {
    let raw: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| Problem::malformed(format!("the batch is not a JSON array of events: {error}")))?;
    if raw.is_empty() {
        return Err(Problem::malformed("the batch is empty; send at least one event"));
    }
    if raw.len() > BATCH_EVENTS_MAX {
        let detail = format!("the batch has {} events; send at most {BATCH_EVENTS_MAX} at once", raw.len());
        return Err(Problem::new(ProblemKind::TooLarge, detail));
    }
    let now = app.clock.now();
    let accept = |(index, raw): (usize, &&RawValue)| {
        let incoming = IncomingEvent::decode(raw.get().as_bytes()).map_err(Problem::from);
        incoming.and_then(|incoming| accepted(app, incoming, now)).map_err(|mut problem| {
            problem.detail = format!("event {index}: {}; nothing of the batch was appended", problem.detail);
            problem.with("index", index)
        })
    };
    raw.iter().enumerate().map(accept).collect()
}

/// The event of binary mode: attributes in `ce-` headers, percent-encoded, and `data` as the body.
fn in_headers(headers: &HeaderMap, body: &[u8]) -> Answer<IncomingEvent> {
    let mut members: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
    for name in headers.keys() {
        let Some(attribute) = name.as_str().strip_prefix("ce-") else { continue };
        let value = percent_decoded(header_text(headers, name.as_str())?.unwrap_or_default());
        members.insert(attribute.to_owned(), raw(&value)?);
    }
    if let Some(form) = media_type(headers) {
        members.insert("datacontenttype".to_owned(), raw(&form)?);
    }
    if !body.is_empty() {
        let data = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_slice(body));
        let data = data.map_err(|error| {
            Problem::malformed(format!("attribute `data` is not JSON: {error}")).with("attribute", "data")
        })?;
        members.insert("data".to_owned(), data.to_owned());
    }
    let json = serde_json::to_vec(&members).map_err(|error| Problem::malformed(error.to_string()))?;
    Ok(IncomingEvent::decode(&json)?)
}

fn raw(text: &str) -> Answer<Box<RawValue>> {
    serde_json::value::to_raw_value(text).map_err(|error| Problem::malformed(error.to_string()))
}
