//! `GET /events`: a live stream, or a page of what was.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::IntoResponse,
};
use read_models::query::{EventFilter, EventRow, events};
use serde::Deserialize;
use serde_json::json;

use super::{places::Places, stream};
use crate::{
    cursor::page_limit,
    extract::{Params, header_text, wants_stream},
    problem::{Answer, Problem},
    state::{App, Shared},
};

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(rename = "type")]
    type_prefix: Option<String>,
    subject: Option<String>,
    from: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Follow or list events
///
/// Without `Accept: application/json` this is a stream of server-sent events: each has the event's type as `event`, its
/// CloudEvents JSON as `data`, and as `id` the place in the log after it, from which `Last-Event-ID` resumes exactly. With
/// `Accept: application/json` it is a page, newest first. Data that names a data subject stays sealed.
#[utoipa::path(
    get, path = "/events", operation_id = "getEvents", tag = "events",
    params(
        ("type" = Option<String>, Query, description = "Types that begin like this", example = "document."),
        ("subject" = Option<String>, Query, description = "About this only"),
        ("from" = Option<String>, Query, description = "For a stream: `now` (also when not given), `start`, or a place"),
        ("Last-Event-ID" = Option<String>, Header, description = "For a stream: the `id` of the last event that was seen"),
        ("limit" = Option<i64>, Query, description = "For a page: 1 to 500; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "For a page: `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A stream or a page", content(
            ("text/event-stream"),
            (ref("#/components/schemas/EventPage") = "application/json"),
        )),
        (status = 400, description = "A place or a parameter is wrong"),
    )
)]
pub(crate) async fn get_events(
    State(app): State<Shared>,
    headers: HeaderMap,
    Params(asked): Params<Asked>,
) -> Answer {
    if wants_stream(&headers) == Some(false) {
        return page(&app, &asked).await;
    }
    let seen = begin(&app, &headers, &asked).await?;
    let filter = stream::Filter { type_prefix: asked.type_prefix, subject: asked.subject };
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    Ok((unbuffered, stream::follow(app, seen, filter)).into_response())
}

/// Where a stream begins.
async fn begin(app: &App, headers: &HeaderMap, asked: &Asked) -> Answer<Vec<u64>> {
    let tails: Vec<u64> = app.log.tails().await?.iter().map(|tail| tail.0).collect();
    let place =
        header_text(headers, "last-event-id")?.filter(|place| !place.is_empty()).or(asked.from.as_deref());
    let seen = match place {
        None | Some("now") => return Ok(tails),
        Some("start") => return Ok(vec![0; tails.len()]),
        Some(place) => Places::parse(place, tails.len())?.0,
    };
    match seen.iter().zip(&tails).position(|(seen, tail)| seen > tail) {
        None => Ok(seen),
        Some(partition) => Err(Problem::malformed(format!(
            "partition {partition} ends at {}, before the place `{}` that was asked for: it is of another log",
            tails[partition], seen[partition]
        ))),
    }
}

async fn page(app: &App, asked: &Asked) -> Answer {
    let limit = page_limit(asked.limit)?;
    let partitions = usize::from(app.log.creation().partitions);
    let mut below = match &asked.cursor {
        Some(cursor) => {
            let places = Places::parse(cursor, partitions)?.0;
            places.into_iter().map(|place| i64::try_from(place).unwrap_or(i64::MAX)).collect()
        }
        None => vec![i64::MAX; partitions],
    };
    let filter = EventFilter {
        tenant: &app.tenant.0,
        type_prefix: asked.type_prefix.as_deref(),
        subject: asked.subject.as_deref(),
        below: &below,
        limit,
    };
    let client = app.store.client().await?;
    let rows: Vec<EventRow> = events(&client, &filter).await?;
    drop(client);
    for row in &rows {
        if let Some(below) = usize::try_from(row.partition).ok().and_then(|at| below.get_mut(at)) {
            *below = row.position.min(*below);
        }
    }
    let next = (i64::try_from(rows.len()) == Ok(limit))
        .then(|| Places(below.into_iter().map(i64::unsigned_abs).collect()).to_string());
    Ok(Json(json!({ "events": rows, "next": next })).into_response())
}
