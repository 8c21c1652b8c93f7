//! Recording uploads and waiting for what becomes of them.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use axum::http::StatusCode;
use event_log::{Appended, Outcome};
use event_model::{BlobRef, Event, derived_event_id, document_id, family::document::DocumentReceived};
use futures::future::join_all;
use read_models::query::{Document, documents_among};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{receive::Upload, sources::Sources};
use crate::{
    appending::{NewIds, Repeats},
    arrivals::arrival,
    idempotency::KeptAnswer,
    problem::Answer,
    state::{App, Shared},
};

/// What becomes of one upload.
struct Ingested<'a> {
    id: Uuid,
    upload: &'a Upload,
    /// The row that was there before, unless it is a deleted one.
    known: Option<Document>,
    appended: Option<Appended>,
    duplicate: bool,
    /// The version of its source that was the newest before.
    previous: Option<Uuid>,
}

/// What a key stands for: names and bytes, in order.
pub(super) fn fingerprint(uploads: &[Upload]) -> String {
    let parts: Vec<String> =
        uploads.iter().map(|upload| format!("{}\u{1f}{}", upload.identity, upload.name)).collect();
    BlobRef::of(parts.join("\u{1e}").as_bytes()).to_string()
}

/// Records the uploads that are new, waits at most so long, and answers.
pub(super) async fn accept(
    app: &Shared,
    uploads: &[Upload],
    key: Option<&str>,
    wait: Duration,
) -> Answer<KeptAnswer> {
    let mut ingested = record(app, uploads, key).await?;
    if !wait.is_zero() {
        join_all(ingested.iter_mut().map(|one| settle(app, one, wait))).await;
    }
    Ok(answer(&ingested))
}

async fn record<'a>(app: &App, uploads: &'a [Upload], key: Option<&str>) -> Answer<Vec<Ingested<'a>>> {
    let mut known = known_documents(app, uploads).await?;
    let names: Vec<&str> = uploads.iter().map(|upload| upload.name.as_str()).collect();
    let mut sources = Sources::named(app, &names).await?;
    let mut ingested: Vec<Ingested<'a>> = Vec::with_capacity(uploads.len());
    let (mut events, mut new, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (ordinal, upload) in uploads.iter().enumerate() {
        let id = document_id(&app.tenant, &upload.name, &upload.identity);
        let row = known.remove(&id);
        let (source, first_here) = (upload.source(), seen.insert(id));
        let replaces = row.as_ref().and_then(|row| sources.replaced(&source, row));
        let event_id = event_id(app, id, row.as_ref(), key.map(|key| (key, ordinal)));
        // A row that this very call made, before it broke off and was repeated under its key, is no duplicate.
        let own = |row: &Document| key.is_some() && row.received_event == event_id;
        let standing =
            row.filter(|row| sources.stands(&source, row) || (own(row) && row.status != "deleted"));
        let duplicate = !first_here || standing.as_ref().is_some_and(|row| !own(row));
        let previous = sources.newest(&source).filter(|newest| *newest != id);
        if first_here && standing.is_none() {
            let mut event = received(app, upload, NewIds { subject: id, event: event_id }, replaces)?;
            sources.add(source, id, &mut event);
            events.push(event);
            new.push(ingested.len());
        }
        ingested.push(Ingested { id, upload, known: standing, appended: None, duplicate, previous });
    }
    if !events.is_empty() {
        let repeats = if key.is_some() { Repeats::MustAgree } else { Repeats::KeepTheFirst };
        for (at, appended) in new.into_iter().zip(app.append(events, repeats).await?) {
            ingested[at].duplicate |= key.is_none() && appended.outcome == Outcome::Duplicate;
            ingested[at].appended = Some(appended);
        }
    }
    Ok(ingested)
}

async fn known_documents(app: &App, uploads: &[Upload]) -> Answer<HashMap<Uuid, Document>> {
    let id = |upload: &Upload| document_id(&app.tenant, &upload.name, &upload.identity);
    let ids: Vec<Uuid> = uploads.iter().map(id).collect();
    let client = app.store.client().await?;
    let rows = documents_among(&client, &app.tenant.0, &ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The id of the event that brings a document. Without a key it is derived from the document and from what ended its life before,
/// so that two uploads of the same bytes at the same moment are one event.
fn event_id(app: &App, id: Uuid, row: Option<&Document>, key: Option<(&str, usize)>) -> Uuid {
    let text = match (key, row) {
        (Some((key, ordinal)), _) => format!("{key}\u{1f}{ordinal}"),
        (None, None) => format!("received\u{1f}{id}\u{1f}0"),
        (None, Some(row)) if row.status == "deleted" => format!("received\u{1f}{id}\u{1f}{}", row.position),
        (None, Some(row)) => format!("received\u{1f}{id}\u{1f}{}", row.received_event),
    };
    derived_event_id(&app.tenant, &text)
}

fn received(app: &App, upload: &Upload, ids: NewIds, replaces: Option<Uuid>) -> Answer<Event> {
    let data = DocumentReceived {
        name: upload.name.clone(),
        content: upload.blob.name.clone(),
        size_bytes: upload.blob.size_bytes,
        declared_type: upload.declared_type.clone(),
        replaces,
    };
    app.event(ids, data, upload.datasubject.as_deref())
}

/// Waits until it is known what the document is.
async fn settle(app: &Shared, one: &mut Ingested<'_>, wait: Duration) {
    if one.known.as_ref().is_some_and(|row| row.status != "received") {
        return;
    }
    let from = one.appended.as_ref().map_or(0, |appended| appended.position.0);
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    if let Some(document) = arrival(app, one.id, from, wait).await {
        one.known = Some(document);
    }
}

fn answer(ingested: &[Ingested<'_>]) -> KeptAnswer {
    let open = ingested.iter().find(|one| one.known.as_ref().is_none_or(|row| row.status == "received"));
    let location = open.map(|one| format!("/documents/{}", one.id));
    let status = if open.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut bodies: Vec<Value> = ingested.iter().map(body).collect();
    let body = if bodies.len() == 1 { bodies.remove(0) } else { json!({ "documents": bodies }) };
    KeptAnswer { status, location, body }
}

fn body(one: &Ingested<'_>) -> Value {
    let mut body = match &one.known {
        Some(row) => serde_json::to_value(row).unwrap_or_default(),
        None => json!({
            "id": one.id,
            "name": one.upload.name,
            "status": "received",
            "content": one.upload.blob.name,
            "size_bytes": one.upload.blob.size_bytes,
            "declared_type": one.upload.declared_type,
        }),
    };
    body["duplicate"] = one.duplicate.into();
    if let Some(previous) = one.previous.filter(|_| one.appended.is_some() && !one.duplicate) {
        body["previous_version"] = json!(previous);
    }
    if let Some(appended) = &one.appended {
        body["event"] = serde_json::to_value(appended).unwrap_or_default();
    }
    body
}
