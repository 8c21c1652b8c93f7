//! The composite fold: every event is prepared once, outside any transaction, and then folded by all projections.

use std::sync::Arc;

use blob_store::{BlobError, BlobStore};
use bytes::Bytes;
use event_log::{Keyring, Recorded};
use event_model::{
    BlobRef, Envelope, Event, Fact, ParsedDocument, SubjectKey, family::knowledge::KnowledgeEmbedded,
    is_sealed, open, read_vectors,
};
use futures::{StreamExt, stream};
use read_store::{StoreError, Transaction};
use serde::Serialize;
use uuid::Uuid;

use crate::{FoldError, PROJECTIONS, Projected, Projection, RebuildError, erasing::Fenced};

/// Blobs fetched and decoded at the same time.
const FETCHES_MAX: usize = 8;

/// Rows one projection wrote in one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowsWritten {
    /// The projection.
    pub projection: &'static str,
    /// Rows written or removed.
    pub rows: u64,
}

/// Projections that are folded together, and what they need to look at events.
#[derive(Clone)]
pub struct Projections {
    folded: Vec<&'static dyn Projection>,
    blobs: BlobStore,
    keyring: Arc<dyn Keyring>,
}

/// Why one event is not ready, before its place is added.
enum Unready {
    Transient(String),
    Poison(String),
}

fn poison(reason: &impl ToString) -> Unready {
    Unready::Poison(reason.to_string())
}

impl Projections {
    /// All of them.
    pub fn new(blobs: BlobStore, keyring: Arc<dyn Keyring>) -> Self {
        Self { folded: PROJECTIONS.to_vec(), blobs, keyring }
    }

    /// Only those with these names, in the order of the catalogue; all when no name is given.
    pub fn only(&self, names: &[&str]) -> Result<Self, RebuildError> {
        let known = || PROJECTIONS.iter().map(|projection| projection.name());
        if let Some(name) = names.iter().find(|name| !known().any(|known| known == **name)) {
            let known = known().collect::<Vec<_>>().join(", ");
            return Err(RebuildError::UnknownProjection { name: (*name).to_owned(), known });
        }
        let wanted = |projection: &&dyn Projection| names.is_empty() || names.contains(&projection.name());
        let folded = PROJECTIONS.iter().copied().filter(wanted).collect();
        Ok(Self { folded, ..self.clone() })
    }

    /// The projections, in the order in which they are folded.
    pub fn projections(&self) -> &[&'static dyn Projection] {
        &self.folded
    }

    /// Whether any of them looks at parsed documents.
    pub(crate) fn needs_documents(&self) -> bool {
        self.folded.iter().any(|projection| projection.needs_document())
    }

    /// Whether any of them looks at vectors.
    fn needs_vectors(&self) -> bool {
        self.folded.iter().any(|projection| projection.needs_vectors())
    }

    /// Decodes, unseals and completes events; the answers are in the order of `events`. Needs no database.
    pub async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Projected, FoldError>> {
        let preparing: Vec<_> = events.iter().map(|recorded| self.prepare_one(recorded)).collect();
        stream::iter(preparing).buffered(FETCHES_MAX).collect().await
    }

    /// Folds prepared events, in log order, in the caller's transaction.
    pub async fn apply<'a>(
        &self,
        tx: &Transaction<'_>,
        events: impl IntoIterator<Item = &'a Projected>,
    ) -> Result<Vec<RowsWritten>, StoreError> {
        let fenced = Fenced::take(tx, events.into_iter().collect()).await?;
        let events = fenced.events();
        let mut written = Vec::with_capacity(self.folded.len());
        for projection in &self.folded {
            let of_interest = |event: &&Projected| projection.reads(&event.event.event_type);
            let read: Vec<&Projected> = events.iter().map(|event| &**event).filter(of_interest).collect();
            let rows = if read.is_empty() { 0 } else { projection.project(tx, &read).await? };
            let forgotten = fenced.forget(tx, *projection).await?;
            written.push(RowsWritten { projection: projection.name(), rows: rows + forgotten });
        }
        Ok(written)
    }

    async fn prepare_one(&self, recorded: &Recorded) -> Result<Projected, FoldError> {
        let (partition, position) = (recorded.partition, recorded.position);
        self.try_prepare(recorded).await.map_err(|unready| match unready {
            Unready::Transient(reason) => FoldError::Transient { partition, position, reason },
            Unready::Poison(reason) => FoldError::Poison { partition, position, reason },
        })
    }

    async fn try_prepare(&self, recorded: &Recorded) -> Result<Projected, Unready> {
        let event = recorded.envelope().map_err(|error| poison(&error))?.into_owned();
        let (fact, key) = self.fact(&event).await?;
        let subject = subject(&event)?;
        let (mut document, mut vectors) = (None, None);
        match &fact {
            Some(Fact::DocumentParsed(data)) if self.needs_documents() => {
                document = Some(Arc::new(self.document(&data.parsed, key.as_ref()).await?));
            }
            Some(Fact::KnowledgeEmbedded(data)) if self.needs_vectors() => {
                document = Some(Arc::new(self.document(&data.parsed, key.as_ref()).await?));
                vectors = Some(Arc::new(self.vectors(data, key.as_ref()).await?));
            }
            _ => {}
        }
        let (partition, position) = (recorded.partition, recorded.position);
        Ok(Projected { partition, position, event, subject, fact: fact.map(Arc::new), document, vectors })
    }

    /// The payload, unsealed, and the key that opens its blobs, too; no payload when the key is gone.
    async fn fact(&self, event: &Envelope<'_>) -> Result<(Option<Fact>, Option<SubjectKey>), Unready> {
        let decode = |data: &_| {
            Fact::decode(&event.event_type, &event.dataschema, data).map_err(|error| poison(&error))
        };
        let Some(person) = event.datasubject.as_ref().filter(|_| is_sealed(&event.data)) else {
            return Ok((Some(decode(&event.data)?), None));
        };
        let key = self.keyring.get(&event.tenant, person).await;
        let Some(key) = key.map_err(|error| Unready::Transient(error.to_string()))? else {
            return Ok((None, None));
        };
        let fact = decode(&*open(&key, event.id, &event.data).map_err(|error| poison(&error))?)?;
        Ok((Some(fact), Some(key)))
    }

    async fn document(&self, name: &BlobRef, key: Option<&SubjectKey>) -> Result<ParsedDocument, Unready> {
        let bytes = self.blob("parsed document", name, key).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| poison(&format!("{name} is not a parsed document: {error}")))
    }

    async fn vectors(
        &self,
        data: &KnowledgeEmbedded,
        key: Option<&SubjectKey>,
    ) -> Result<Vec<Vec<f32>>, Unready> {
        let bytes = self.blob("blob of vectors", &data.vectors, key).await?;
        read_vectors(&bytes, data.dimensions).ok_or_else(|| {
            poison(&format!("{} is not whole vectors of {} numbers", data.vectors, data.dimensions))
        })
    }

    async fn blob(&self, what: &str, name: &BlobRef, key: Option<&SubjectKey>) -> Result<Bytes, Unready> {
        match self.blobs.get_opened(key, name).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(poison(&format!("{what} {name} is not in the blob store"))),
            Err(error @ (BlobError::Damaged(_) | BlobError::Sealed { .. })) => Err(poison(&error)),
            Err(error) => Err(Unready::Transient(error.to_string())),
        }
    }
}

/// The families whose subject is an id must have one; the subject of operations and models is what they say.
fn subject(event: &Event) -> Result<Option<Uuid>, Unready> {
    const WITH_ID: &[&str] =
        &["document.", "knowledge.", "conflict.", "session.", "interaction.", "feedback.", "dataset."];
    let parsed = event.subject.parse::<Uuid>();
    match parsed {
        Ok(id) => Ok(Some(id)),
        Err(_) if !WITH_ID.iter().any(|family| event.event_type.starts_with(family)) => Ok(None),
        Err(error) => Err(poison(&format!("subject `{}` is not an id: {error}", &*event.subject))),
    }
}
