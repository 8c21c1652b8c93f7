//! Parked events: looking at them, trying them again, letting them go.

use event_log::Position;
use event_model::{PartitionId, Tenant, family::operations::EventDropped};
use read_models::SUBSCRIPTION;
use read_store::{dead_letter, dead_letter::DeadLetter};
use roles::ProjectFold;
use serde_json::{Value, json};
use uuid::Uuid;
use worker_runtime::{Wakes, preview_redrive};

use super::{
    Executed,
    events::{append_about as append, stored},
    told,
};
use crate::{lifecycle::Node, request::Failure};

pub(super) async fn list(node: &Node) -> Executed {
    let client = node.store.client().await?;
    told(&dead_letter::list(&client).await?)
}

pub(super) async fn show(node: &Node, event: Uuid) -> Executed {
    let mut shown = Vec::new();
    for letter in parked(node, event).await? {
        let found = node.log.read(PartitionId(letter.partition), Position(letter.position), 1).await?;
        let stored = found.first().map_or(Value::Null, stored);
        shown.push(json!({ "dead_letter": letter, "event": stored }));
    }
    Ok(Value::Array(shown))
}

/// A projector tries again when it finds the request; a role when the row is back on its list.
pub(super) async fn redrive(node: &Node, event: Uuid) -> Executed {
    let letters = parked(node, event).await?;
    let client = node.store.client().await?;
    let mut requested = 0;
    for letter in letters {
        requested += match letter.subscription.as_str() {
            SUBSCRIPTION => dead_letter::request_redrive(&client, SUBSCRIPTION, &letter.key).await?,
            role => dead_letter::requeue(&client, role, &letter.key).await?,
        };
    }
    Ok(json!({ "requested": requested }))
}

/// What a projector would change; a role's work is not known before it is done.
pub(super) async fn preview(node: &Node, event: Uuid) -> Executed {
    let mut previews = Vec::new();
    for letter in parked(node, event).await? {
        let DeadLetter { subscription, key, .. } = &letter;
        if subscription != SUBSCRIPTION {
            let unknown =
                format!("role `{subscription}` would try it again; what it finds is not known before");
            previews.push(json!({ "subscription": subscription, "key": key, "note": unknown }));
            continue;
        }
        let letters = {
            let client = node.store.client().await?;
            dead_letter::of_key(&client, SUBSCRIPTION, key).await?
        };
        let fold = ProjectFold::new(node.projections.clone(), Wakes::default());
        let preview = preview_redrive(&*node.log, &node.store, &fold, &letters).await;
        let mut preview = told(&preview.map_err(Failure::failed)?)?;
        preview["subscription"] = subscription.as_str().into();
        preview["key"] = key.as_str().into();
        previews.push(preview);
    }
    Ok(Value::Array(previews))
}

/// Dropping is an event of the blocked key; folding it lets the parked event go and tries what waits behind it.
pub(super) async fn discard(node: &Node, event: Uuid, reason: String) -> Executed {
    for letter in parked(node, event).await? {
        let dropped =
            EventDropped { event, subscription: letter.subscription.clone(), reason: reason.clone() };
        let key = letter.key.split_once('/').map_or(letter.key.as_str(), |(_, key)| key);
        append(node, Tenant(letter.tenant.clone()), key, key, dropped).await?;
    }
    Ok(json!({ "dropped": event, "reason": reason }))
}

async fn parked(node: &Node, event: Uuid) -> Result<Vec<DeadLetter>, Failure> {
    let client = node.store.client().await?;
    let found = dead_letter::find(&client, event).await?;
    if found.is_empty() {
        return Err(Failure::failed(format!(
            "event {event} is not parked; `elite dead-letter list` shows what is"
        )));
    }
    Ok(found.into_iter().map(|(letter, _)| letter).collect())
}
