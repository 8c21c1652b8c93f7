//! Passages that contradict each other, and a person's decision between them.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use event_model::family::conflict::ConflictResolved;
use read_models::query::{Conflict, ConflictFilter, conflict_of, conflicts};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    appending::{NewIds, READ_YOUR_WRITES_MAX},
    cursor::{Before, page_limit},
    extract::{Id, Params, one_of},
    problem::{Answer, Problem},
    state::{App, Shared},
};

const STATES: [&str; 4] = ["open", "decided", "outdated", "all"];
const KINDS: [&str; 8] =
    ["negation", "opposite", "other", "number", "date", "version", "default", "signature"];

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_conflicts)).routes(routes!(get_conflict))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    state: Option<String>,
    document: Option<Uuid>,
    kind: Option<String>,
    limit: Option<i64>,
    cursor: Option<Before>,
}

/// List conflicts
///
/// Passages of different documents that contradict each other, those found last first. `open` ones wait for a person; what a
/// person decided is `decided`; while one of the documents is superseded or deleted its conflicts are `outdated`.
#[utoipa::path(
    get, path = "/conflicts", operation_id = "listConflicts", tag = "conflicts",
    params(
        ("state" = Option<String>, Query, description = "open, decided, outdated or all; open when not given"),
        ("document" = Option<Uuid>, Query, description = "With this document on one side"),
        ("kind" = Option<String>, Query, description = "negation, opposite, other, number, date, version, default or signature"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = ref("#/components/schemas/ConflictPage")),
        (status = 400, description = "A parameter is wrong"),
    )
)]
pub(crate) async fn list_conflicts(
    State(app): State<Shared>,
    Params(listing): Params<Listing>,
) -> Answer<Json<Value>> {
    let limit = page_limit(listing.limit)?;
    let state = one_of("state", listing.state.as_deref(), &STATES)?.unwrap_or("open");
    let filter = ConflictFilter {
        tenant: &app.tenant.0,
        state: Some(state).filter(|state| *state != "all"),
        document: listing.document,
        kind: one_of("kind", listing.kind.as_deref(), &KINDS)?,
        before: listing.cursor.map(Into::into),
        limit,
    };
    let client = app.store.client().await?;
    let found = conflicts(&client, &filter).await?;
    drop(client);
    let last = found.last().filter(|_| i64::try_from(found.len()) == Ok(limit));
    let next = last.map(|last| Before { time: last.detected_at, id: last.id });
    Ok(Json(json!({ "conflicts": found, "next": next })))
}

/// Read a conflict
#[utoipa::path(
    get, path = "/conflicts/{id}", operation_id = "getConflict", tag = "conflicts",
    params(("id" = Uuid, Path, description = "The conflict")),
    responses(
        (status = 200, description = "The conflict", body = ref("#/components/schemas/Conflict")),
        (status = 404, description = "No such conflict"),
    )
)]
pub(crate) async fn get_conflict(State(app): State<Shared>, Id(id): Id) -> Answer<Json<Conflict>> {
    app.conflict(id).await.map(Json)
}

/// Which side of a conflict holds, as seen from one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holds {
    This,
    Other,
    /// It is no conflict.
    Both,
}

/// What a person says of a conflict.
pub(crate) struct Decision {
    pub(crate) conflict: Uuid,
    pub(crate) holds: Holds,
    pub(crate) reviewer: String,
    pub(crate) comment: Option<String>,
}

impl App {
    async fn conflict(&self, id: Uuid) -> Answer<Conflict> {
        let client = self.store.client().await?;
        let found = conflict_of(&client, &self.tenant.0, id).await?;
        found.ok_or_else(|| Problem::not_found("conflict", id))
    }

    /// Records a decision, seen from `document`. One that says what was decided last is not recorded again.
    pub(crate) async fn decide(&self, document: Uuid, headers: &HeaderMap, decision: Decision) -> Answer {
        let found = self.conflict(decision.conflict).await?;
        let side = |passage: &Value| passage["document"].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let sides = [side(&found.left), side(&found.right)];
        if !sides.contains(&Some(document)) {
            let detail = format!("the conflict `{}` is not one of the document `{document}`", found.id);
            return Err(Problem::malformed(detail).with("field", "conflict"));
        }
        let keep = match decision.holds {
            Holds::This => Some(document),
            Holds::Other => sides.into_iter().flatten().find(|side| *side != document),
            Holds::Both => None,
        };
        let data = ConflictResolved { keep, resolved_by: decision.reviewer, comment: decision.comment };
        if found.resolved_at.is_some() && says(&found) == data {
            return Ok((StatusCode::OK, Json(json!({ "conflict": found }))).into_response());
        }
        let ids = NewIds { subject: found.id, event: self.new_ids(headers, "review")?.event };
        let appended = self.append_one(self.event(ids, data, None)?).await?;
        let folded = self.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
        let body = json!({ "conflict": self.conflict(found.id).await?, "event": appended });
        Ok((if folded { StatusCode::OK } else { StatusCode::ACCEPTED }, Json(body)).into_response())
    }
}

/// What was decided last.
fn says(conflict: &Conflict) -> ConflictResolved {
    ConflictResolved {
        keep: conflict.keep,
        resolved_by: conflict.resolved_by.clone().unwrap_or_default(),
        comment: conflict.comment.clone(),
    }
}
