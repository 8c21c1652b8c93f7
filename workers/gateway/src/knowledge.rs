//! What is thought of a document's text, and a person's verdict on it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use event_model::family::knowledge::KnowledgeReviewed;
use read_models::query::{
    CLUSTER_MEMBERS_MAX, ConflictFilter, check_of_document, cluster_of, conflicts, duplicates_of,
    earlier_judgements, knowledge, validation_scores,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    appending::{NewIds, READ_YOUR_WRITES_MAX},
    conflicts::{Decision, Holds},
    extract::{Body, Id},
    problem::{Answer, Problem, ProblemKind},
    state::{App, Shared},
};

/// Most conflicts shown with a judgement; `GET /conflicts` lists all.
const CONFLICTS_SHOWN_MAX: i64 = 50;

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_knowledge)).routes(routes!(review_knowledge))
}

/// Read the judgement on a document
///
/// With every rule's finding, failures first, what earlier versions of the rules made of it and what changed since, the documents it
/// repeats, the cluster of near duplicates that it is in, up to 50 open conflicts
/// with others, and how far trusted sources support its claims, if it was checked.
#[utoipa::path(
    get, path = "/knowledge/{id}", operation_id = "getKnowledge", tag = "knowledge",
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The judgement", body = ref("#/components/schemas/KnowledgeWithScores")),
        (status = 404, description = "No such document, or it was not judged yet"),
    )
)]
pub(crate) async fn get_knowledge(State(app): State<Shared>, Id(id): Id) -> Answer<Json<Value>> {
    app.document(id).await?;
    judgement(&app, id).await?.map(Json).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, format!("the document `{id}` is not judged yet; try again later"))
    })
}

async fn judgement(app: &App, id: Uuid) -> Answer<Option<Value>> {
    let (client, tenant) = (app.store.client().await?, app.tenant.0.as_str());
    let Some(row) = knowledge(&client, tenant, id).await? else { return Ok(None) };
    let scores = validation_scores(&client, tenant, id).await?;
    let earlier = earlier_judgements(&client, tenant, id).await?;
    let duplicates = duplicates_of(&client, tenant, &[id]).await?;
    let cluster = cluster_of(&client, tenant, id, CLUSTER_MEMBERS_MAX).await?;
    let (state, document) = (Some("open"), Some(id));
    let filter =
        ConflictFilter { tenant, state, document, kind: None, before: None, limit: CONFLICTS_SHOWN_MAX };
    let open = conflicts(&client, &filter).await?;
    let check = check_of_document(&client, tenant, id).await?;
    drop(client);
    let mut body = serde_json::to_value(row).unwrap_or_default();
    body["scores"] = serde_json::to_value(scores).unwrap_or_default();
    body["earlier"] = serde_json::to_value(earlier).unwrap_or_default();
    body["duplicates"] = serde_json::to_value(duplicates).unwrap_or_default();
    body["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    body["conflicts"] = serde_json::to_value(open).unwrap_or_default();
    body["check"] = serde_json::to_value(check).unwrap_or_default();
    Ok(Some(body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    accepted: Option<bool>,
    conflict: Option<Uuid>,
    holds: Option<Holds>,
    reviewer: String,
    comment: Option<String>,
    datasubject: Option<String>,
}

/// Decide whether a document's knowledge may be used, or which side of a conflict holds
///
/// A person's verdict (`accepted`) stands above the rules'. With `conflict` and `holds` instead (`this` document, the `other` one, or
/// `both`, which is no conflict) it decides that conflict. The last decision holds.
#[utoipa::path(
    post, path = "/knowledge/{id}/review", operation_id = "reviewKnowledge", tag = "knowledge",
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key records one verdict"),
    ),
    request_body(content = ref("#/components/schemas/NewReview"), content_type = "application/json", example = json!({"accepted": true, "reviewer": "ada"})),
    responses(
        (status = 200, description = "The judgement with the verdict, or the conflict with the decision", body = ref("#/components/schemas/Reviewed")),
        (status = 202, description = "Recorded; not readable yet"),
        (status = 400, description = "The body is wrong"),
        (status = 404, description = "No such document, or no such conflict"),
    )
)]
pub(crate) async fn review_knowledge(
    State(app): State<Shared>,
    Id(id): Id,
    headers: HeaderMap,
    Body(review): Body<Review>,
) -> Answer {
    let document = app.document(id).await?;
    if review.reviewer.trim().is_empty() {
        return Err(Problem::malformed("`reviewer` is empty; say who decided").with("field", "reviewer"));
    }
    let accepted = match (review.accepted, review.conflict, review.holds) {
        (Some(accepted), None, None) => accepted,
        (None, Some(conflict), Some(holds)) => {
            if review.datasubject.is_some() {
                let detail = "conflicts are about nobody; leave `datasubject` out";
                return Err(Problem::malformed(detail).with("field", "datasubject"));
            }
            let (reviewer, comment) = (review.reviewer, review.comment);
            return app.decide(id, &headers, Decision { conflict, holds, reviewer, comment }).await;
        }
        _ => {
            let detail =
                "send either `accepted`, for the document, or `conflict` and `holds`, for one conflict";
            return Err(Problem::malformed(detail).with("field", "accepted"));
        }
    };
    // What is said about a person's document is about that person, unless it is somebody else's to take back.
    let datasubject = review.datasubject.or(document.datasubject);
    let ids = NewIds { subject: id, event: app.new_ids(&headers, "review")?.event };
    let data = KnowledgeReviewed { accepted, reviewer: review.reviewer, comment: review.comment };
    let appended = app.append_one(app.event(ids, data, datasubject.as_deref())?).await?;
    let folded = app.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
    let mut body = judgement(&app, id).await?.unwrap_or_else(|| json!({ "document_id": id }));
    body["event"] = serde_json::to_value(appended).unwrap_or_default();
    Ok((if folded { StatusCode::OK } else { StatusCode::ACCEPTED }, Json(body)).into_response())
}
