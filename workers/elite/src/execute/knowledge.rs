//! What is known of one document's text.

use event_model::Tenant;
use read_models::query::{
    CLUSTER_MEMBERS_MAX, ConflictFilter, check_of_document, cluster_of, conflicts, document, duplicates_of,
    earlier_judgements, knowledge, validation_scores,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Executed;
use crate::{lifecycle::Node, request::Failure};

/// Most conflicts shown.
const CONFLICTS_MAX: i64 = 100;

/// A document with its judgement, every score, what earlier rules found, what it repeats and contradicts, and how far trusted
/// sources support it.
pub(super) async fn show(node: &Node, id: Uuid) -> Executed {
    let tenant = Tenant::default().0;
    let client = node.store.client().await?;
    let found = document(&client, &tenant, id).await?;
    let found = found.ok_or_else(|| Failure::failed(format!("there is no document `{id}`")))?;
    let judged = knowledge(&client, &tenant, id).await?;
    let scores = validation_scores(&client, &tenant, id).await?;
    let earlier = earlier_judgements(&client, &tenant, id).await?;
    let repeats = duplicates_of(&client, &tenant, &[id]).await?;
    let cluster = cluster_of(&client, &tenant, id, CLUSTER_MEMBERS_MAX).await?;
    let (state, document) = (None, Some(id));
    let filter =
        ConflictFilter { tenant: &tenant, state, document, kind: None, before: None, limit: CONFLICTS_MAX };
    let contradicts = conflicts(&client, &filter).await?;
    let checked = check_of_document(&client, &tenant, id).await?;
    drop(client);
    let as_json = |value: Result<Value, serde_json::Error>| value.map_err(Failure::failed);
    Ok(json!({
        "document": as_json(serde_json::to_value(found))?, "knowledge": as_json(serde_json::to_value(judged))?,
        "scores": as_json(serde_json::to_value(scores))?, "earlier": as_json(serde_json::to_value(earlier))?,
        "duplicates": as_json(serde_json::to_value(repeats))?,
        "cluster": as_json(serde_json::to_value(cluster))?,
        "conflicts": as_json(serde_json::to_value(contradicts))?,
        "check": as_json(serde_json::to_value(checked))?,
    }))
}
