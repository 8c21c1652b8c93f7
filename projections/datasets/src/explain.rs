//! Where a row came from: the chain from events to example, and what is held against it now.

use blob_store::BlobStore;
use event_model::{BlobRef, Tenant};
use jiff::Timestamp;
use read_store::{Row, Store, StoreError};
use serde::Serialize;
use uuid::Uuid;

use crate::{DatasetError, Example, LeftOut, Manifest, SourceKind, candidate::candidates, example, render};

/// One event of the chain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventLink {
    /// Its id.
    pub id: Uuid,
    /// Its type.
    pub event_type: String,
    /// What it is about.
    pub subject: String,
    /// Who said so.
    pub source: String,
    /// When it happened.
    pub time: Timestamp,
    /// Where it is in the log.
    pub partition: i32,
    /// Where it is in the log.
    pub position: i64,
}

/// What is thought of the document behind an example.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The validators' verdict, if there is one.
    pub accepted: Option<bool>,
    /// Share of the deciding rules that passed.
    pub quality: Option<f64>,
    /// A person's verdict, if there is one.
    pub review: Option<String>,
    /// Who that person is.
    pub reviewer: Option<String>,
    /// The rules that the text does not satisfy.
    pub failed_rules: Vec<String>,
    /// The event with the validators' verdict.
    pub event: Option<Uuid>,
}

/// Everything behind one example.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The example's id.
    pub id: Uuid,
    /// The example as it is now; none if its source is gone or it is no longer made.
    pub example: Option<Example>,
    /// What it was made from.
    pub source_kind: SourceKind,
    /// The document or the interaction.
    pub source: Uuid,
    /// The events it came from, in log order within their partitions.
    pub events: Vec<EventLink>,
    /// What is thought of its document.
    pub judgement: Option<Judgement>,
    /// Why a dataset built now would leave it out; none if it would be taken.
    pub left_out: Option<LeftOut>,
}

/// Explains an example, taken or left out; `None` if there is no such example now.
pub async fn explain(store: &Store, tenant: &Tenant, id: Uuid) -> Result<Option<Explanation>, DatasetError> {
    let found = example::load(store, &[id]).await?.into_iter().find(|example| example.tenant == tenant.0);
    let Some(example) = found else { return Ok(None) };
    let (kind, source, events) = (example.source_kind, example.source_id, example.event_ids.clone());
    explained(store, tenant, id, Some(example), (kind, source), &events).await.map(Some)
}

/// Explains row `row` (from 1) of a built dataset, also when its source has changed since; `None` if there is no such row.
pub async fn explain_row(
    store: &Store,
    blobs: &BlobStore,
    tenant: &Tenant,
    manifest: &BlobRef,
    row: u64,
) -> Result<Option<Explanation>, DatasetError> {
    let mut rows = Manifest::read(blobs, manifest).await?.examples.into_iter();
    let index = row.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    let Some(said) = index.and_then(|index| rows.nth(index)) else { return Ok(None) };
    let now = example::load(store, &[said.example]).await?.into_iter().next();
    let source = (said.source_kind, said.source);
    explained(store, tenant, said.example, now, source, &said.events).await.map(Some)
}

async fn explained(
    store: &Store,
    tenant: &Tenant,
    id: Uuid,
    example: Option<Example>,
    (source_kind, source): (SourceKind, Uuid),
    events: &[Uuid],
) -> Result<Explanation, DatasetError> {
    let left_out = match &example {
        Some(example) => left_out(store, tenant, example).await?,
        None => None,
    };
    let judgement = match source_kind {
        SourceKind::Document => judgement(store, source).await?,
        SourceKind::Interaction => None,
    };
    let judged_by = judgement.as_ref().and_then(|judgement| judgement.event);
    let chain: Vec<Uuid> = events.iter().copied().chain(judged_by).collect();
    let events = links(store, &chain).await?;
    Ok(Explanation { id, example, source_kind, source, events, judgement, left_out })
}

async fn left_out(
    store: &Store,
    tenant: &Tenant,
    example: &Example,
) -> Result<Option<LeftOut>, DatasetError> {
    let candidate = candidates(store, tenant, example.kind, Some(example.id)).await?.into_iter().next();
    let Some(candidate) = candidate else { return Ok(None) };
    let empty = render(example).is_none().then_some(crate::Reason::EmptyText);
    let reason = candidate.against.or(empty);
    Ok(reason.map(|reason| LeftOut { example: example.id, reason, repeats: candidate.duplicate_of }))
}

async fn links(store: &Store, ids: &[Uuid]) -> Result<Vec<EventLink>, DatasetError> {
    let client = store.client().await?;
    let rows = client
        .query(
            "select event_id, type, subject, source, time, partition, position
             from elite.events where event_id = any($1) order by partition, position",
            &[&ids],
        )
        .await
        .map_err(StoreError::from)?;
    let link = |row: &Row| EventLink {
        id: row.get(0),
        event_type: row.get(1),
        subject: row.get(2),
        source: row.get(3),
        time: row.get(4),
        partition: row.get(5),
        position: row.get(6),
    };
    Ok(rows.iter().map(link).collect())
}

async fn judgement(store: &Store, document: Uuid) -> Result<Option<Judgement>, DatasetError> {
    let client = store.client().await?;
    let row = client
        .query_opt(
            "select accepted, quality, review, reviewer, event_id,
                    array(select rule from elite.validation_scores s
                          where s.document_id = k.document_id and s.event_id = k.event_id and not passed order by rule)
             from elite.knowledge k where document_id = $1",
            &[&document],
        )
        .await
        .map_err(StoreError::from)?;
    let judgement = |row: Row| Judgement {
        accepted: row.get(0),
        quality: row.get(1),
        review: row.get(2),
        reviewer: row.get(3),
        event: row.get(4),
        failed_rules: row.get(5),
    };
    Ok(row.map(judgement))
}
