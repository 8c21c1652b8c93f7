//! What people think of answers.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use event_model::family::feedback::{FeedbackGiven, FeedbackWithdrawn, Verdict};
use read_models::query::{feedback, interaction};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    appending::{NewIds, READ_YOUR_WRITES_MAX},
    extract::{Body, Id},
    idempotency::replayed,
    problem::{Answer, Problem},
    state::Shared,
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(give_feedback)).routes(routes!(withdraw_feedback))
}

#[derive(Deserialize)]
pub(crate) struct NewFeedback {
    interaction: Uuid,
    session: Option<Uuid>,
    user: Option<String>,
    comment: Option<String>,
    datasubject: Option<String>,
    verdict: Option<Verdict>,
    /// The verdict, when it stands beside the other fields.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Give feedback on an answer
///
/// `kind` is `thumbs` (`up`), `rating` (`rating`, 1 to 5), `correction` (`text`), `preference` (`other`,
/// `prefers_given`) or `labels` (`labels`), beside the other fields or inside `verdict`.
#[utoipa::path(
    post, path = "/feedback", operation_id = "giveFeedback", tag = "feedback",
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating a call with the same key records one verdict")),
    request_body(
        content = ref("#/components/schemas/NewFeedback"), content_type = "application/json",
        example = json!({"interaction": "00000000-0000-0000-0000-000000000000", "kind": "rating", "rating": 4})
    ),
    responses(
        (status = 201, description = "The feedback", body = ref("#/components/schemas/Feedback")),
        (status = 202, description = "Recorded; not readable yet"),
        (status = 400, description = "The verdict is wrong"),
        (status = 404, description = "No such interaction"),
        (status = 422, description = "The key was used for another payload"),
    )
)]
pub(crate) async fn give_feedback(
    State(app): State<Shared>,
    headers: HeaderMap,
    Body(new): Body<NewFeedback>,
) -> Answer {
    let verdict = verdict(new.verdict, new.rest)?;
    let client = app.store.client().await?;
    let judged = interaction(&client, &app.tenant.0, new.interaction).await?;
    drop(client);
    let judged = judged
        .filter(|row| new.session.is_none_or(|session| session == row.session_id))
        .ok_or_else(|| Problem::not_found("interaction", new.interaction).with("field", "interaction"))?;
    let datasubject = new.datasubject.or(judged.datasubject);
    let data = FeedbackGiven {
        session: judged.session_id,
        interaction: judged.id,
        verdict,
        user: new.user,
        comment: new.comment,
    };
    let ids = app.new_ids(&headers, "feedback")?;
    let appended = app.append_one(app.event(ids, data, datasubject.as_deref())?).await?;
    app.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
    let client = app.store.client().await?;
    let row = feedback(&client, &app.tenant.0, ids.subject).await?;
    drop(client);
    let status = if row.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let mut body =
        row.map_or_else(|| Ok(json!({ "id": ids.subject })), serde_json::to_value).unwrap_or_default();
    body["event"] = serde_json::to_value(&appended).unwrap_or_default();
    Ok((status, replayed(&appended), Json(body)).into_response())
}

fn verdict(nested: Option<Verdict>, rest: Map<String, Value>) -> Answer<Verdict> {
    let verdict = match nested {
        Some(verdict) => verdict,
        None => serde_json::from_value(Value::Object(rest)).map_err(|error| {
            Problem::malformed(format!(
                "the verdict is wrong: {error}; `kind` is thumbs, rating, correction, preference or labels"
            ))
            .with("field", "kind")
        })?,
    };
    let (field, fault) = match &verdict {
        Verdict::Rating { rating } if !(1..=5).contains(rating) => {
            ("rating", format!("is {rating}; it is 1 (worst) to 5 (best)"))
        }
        Verdict::Correction { text } if text.trim().is_empty() => {
            ("text", "is empty; send the better answer".to_owned())
        }
        Verdict::Preference { other, .. } if other.trim().is_empty() => {
            ("other", "is empty; send the other answer".to_owned())
        }
        Verdict::Labels { labels }
            if labels.is_empty() || labels.iter().any(|label| label.trim().is_empty()) =>
        {
            ("labels", "has an empty label or none; send at least one".to_owned())
        }
        _ => return Ok(verdict),
    };
    Err(Problem::malformed(format!("`{field}` {fault}")).with("field", field))
}

/// Withdraw feedback
///
/// It no longer counts; the event that gave it stays in the log.
#[utoipa::path(
    delete, path = "/feedback/{id}", operation_id = "withdrawFeedback", tag = "feedback",
    params(("id" = Uuid, Path, description = "The feedback")),
    responses(
        (status = 200, description = "Withdrawn", body = ref("#/components/schemas/Receipt")),
        (status = 404, description = "No such feedback"),
    )
)]
pub(crate) async fn withdraw_feedback(State(app): State<Shared>, Id(id): Id) -> Answer {
    let client = app.store.client().await?;
    let row = feedback(&client, &app.tenant.0, id).await?;
    drop(client);
    let row = row.ok_or_else(|| Problem::not_found("feedback", id))?;
    let ids = NewIds { subject: id, event: app.clock.fresh_id() };
    let event = app.event(ids, FeedbackWithdrawn { session: row.session_id }, None)?;
    let appended = app.append_one(event).await?;
    let folded = app.folded(std::slice::from_ref(&appended), READ_YOUR_WRITES_MAX).await?;
    let status = if folded { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(json!({ "id": id, "event": appended }))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(value: &Value) -> Answer<Verdict> {
        verdict(None, value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_verdict_is_checked_before_it_is_recorded() {
        assert_eq!(flat(&json!({"kind": "rating", "rating": 5})).unwrap(), Verdict::Rating { rating: 5 });
        for wrong in [
            json!({"kind": "rating", "rating": 0}),
            json!({"kind": "rating", "rating": 6}),
            json!({"kind": "rating", "rating": "5"}),
            json!({"kind": "applause"}),
            json!({}),
            json!({"kind": "correction", "text": " "}),
            json!({"kind": "labels", "labels": []}),
            json!({"kind": "preference", "other": "", "prefers_given": true}),
        ] {
            assert!(flat(&wrong).is_err(), "{wrong}");
        }
    }
}
