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

use super::receive::Upload;
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
    let mut ingested: Vec<Ingested<'a>> = Vec::with_capacity(uploads.len());
    let (mut events, mut new, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (ordinal, upload) in uploads.iter().enumerate() {
        let id = document_id(&app.tenant, &upload.name, &upload.identity);
        let row = known.remove(&id);
        let event = received(app, upload, id, event_id(app, id, row.as_ref(), key, ordinal))?;
        let row = row.filter(|row| row.status != "deleted");
        let first_here = seen.insert(id);
        // A row that this very call made, before it broke off and was repeated under its key, is no duplicate.
        let own = |row: &Document| key.is_some() && row.received_event == event.id;
        let duplicate = !first_here || row.as_ref().is_some_and(|row| !own(row));
        if first_here && row.is_none() {
            events.push(event);
            new.push(ingested.len());
        }
        ingested.push(Ingested { id, upload, known: row, appended: None, duplicate });
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

/// The id of the event that brings a document. Without a key it is derived from the document and from its last deletion,
/// so that two uploads of the same bytes at the same moment are one event.
fn event_id(app: &App, id: Uuid, row: Option<&Document>, key: Option<&str>, ordinal: usize) -> Uuid {
    let text = if let Some(key) = key {
        format!("{key}\u{1f}{ordinal}")
    } else {
        let life = row.filter(|row| row.status == "deleted").map_or(0, |row| row.position);
        format!("received\u{1f}{id}\u{1f}{life}")
    };
    derived_event_id(&app.tenant, &text)
}

fn received(app: &App, upload: &Upload, id: Uuid, event: Uuid) -> Answer<Event> {
    let data = DocumentReceived {
        name: upload.name.clone(),
        content: upload.blob.name.clone(),
        size_bytes: upload.blob.size_bytes,
        declared_type: upload.declared_type.clone(),
    };
    app.event(NewIds { subject: id, event }, data, upload.datasubject.as_deref())
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
    if let Some(appended) = &one.appended {
        body["event"] = serde_json::to_value(appended).unwrap_or_default();
    }
    body
}
