//! Folding an erasure: the subject's rows go, and what was made ready before it is folded as what cannot be read any more.
//!
//! An event may be prepared, with its payload open, in one process while another folds the erasure of its subject. So whoever
//! writes rows of a subject and whoever erases it fence each other off, and the later one looks at what the earlier one did.

use std::{borrow::Cow, collections::BTreeSet};

use event_model::Fact;
use read_store::{
    GenericClient, Store, StoreError, Transaction,
    erasure::{self, Subject},
};
use serde::Serialize;

use crate::{PROJECTIONS, Projected, Projection};

/// A batch in which no event of an erased subject can be read.
pub(crate) struct Fenced<'a> {
    events: Vec<Cow<'a, Projected>>,
    /// Those whom the batch erases.
    erasing: BTreeSet<Subject>,
}

impl<'a> Fenced<'a> {
    /// Fences the batch off until the end of `tx`.
    pub(crate) async fn take(tx: &Transaction<'_>, events: Vec<&'a Projected>) -> Result<Self, StoreError> {
        let (mut named, mut erasing) = (BTreeSet::new(), BTreeSet::new());
        let erasures: Vec<&Projected> = events.iter().copied().filter(|event| is_erasure(event)).collect();
        named.extend(events.iter().filter(|event| event.fact.is_some()).filter_map(|event| about(event)));
        erasing.extend(erasures.iter().map(|event| erased_by(event)));
        erasure::fence(tx, &named, &erasing).await?;
        for event in erasures {
            erasure::record(tx, &erased_by(event), event.event.id, event.event.recordedtime).await?;
        }
        let gone = erasure::erased_among(tx, &named).await?;
        let readable = |event: &Projected| about(event).is_none_or(|subject| !gone.contains(&subject));
        let events = events.into_iter().map(|event| match event.fact {
            Some(_) if !gone.is_empty() && !readable(event) => Cow::Owned(event.erased()),
            _ => Cow::Borrowed(event),
        });
        Ok(Self { events: events.collect(), erasing })
    }

    pub(crate) fn events(&self) -> &[Cow<'a, Projected>] {
        &self.events
    }

    /// Takes away what `projection` holds of those whom the batch erases.
    pub(crate) async fn forget(
        &self,
        tx: &Transaction<'_>,
        projection: &dyn Projection,
    ) -> Result<u64, StoreError> {
        let mut rows = 0;
        for Subject { tenant, subject } in &self.erasing {
            rows += projection.forget(tx, tenant, subject).await?;
        }
        Ok(rows)
    }
}

fn is_erasure(event: &Projected) -> bool {
    matches!(event.fact.as_deref(), Some(Fact::SubjectErased(_)))
}

fn erased_by(event: &Projected) -> Subject {
    Subject { tenant: event.tenant_column(), subject: event.event.subject.to_string() }
}

fn about(event: &Projected) -> Option<Subject> {
    Some(Subject { tenant: event.tenant_column(), subject: event.datasubject_column()? })
}

/// How many rows of a table belong to a data subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: i64,
}

/// What every read model holds of a data subject; each table that may hold something, also when it does not.
pub async fn holdings(store: &Store, tenant: &str, subject: &str) -> Result<Vec<Holding>, StoreError> {
    let client = store.client().await?;
    let mut holdings = Vec::new();
    for belonging in PROJECTIONS.iter().flat_map(|projection| projection.belongings()) {
        let sql = format!("select count(*) from {} where {}", belonging.table, belonging.rows);
        let row = client.query_one(&sql, &[&tenant, &subject]).await?;
        holdings.push(Holding { table: belonging.table, rows: row.get(0) });
    }
    Ok(holdings)
}

/// The ids of every folded event about a data subject.
pub async fn events_about(
    client: &impl GenericClient,
    tenant: &str,
    subject: &str,
) -> Result<Vec<uuid::Uuid>, StoreError> {
    let sql = "select event_id from elite.events where tenant = $1 and datasubject = $2";
    Ok(client.query(sql, &[&tenant, &subject]).await?.iter().map(|row| row.get(0)).collect())
}

/// The blobs of a data subject's documents: their bytes, what was read in them, their vectors, and what a model said of their answers. Only the subject's key opens
/// them, and nobody else's documents can name them.
pub async fn blobs_about(
    client: &impl GenericClient,
    tenant: &str,
    subject: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "with theirs as (select id, content, parsed from elite.documents where tenant = $1 and datasubject = $2)
               select unnest(array[content, parsed]) from theirs
               union select vectors from elite.embeddings e join theirs on theirs.id = e.document_id
               union select raw from elite.checks where tenant = $1 and datasubject = $2";
    let rows = client.query(sql, &[&tenant, &subject]).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}
