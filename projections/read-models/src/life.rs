//! A document's life: which events about it take effect. One rule for every projection that follows documents, so that
//! their rows agree even when a result arrives after the document is gone.
//!
//! A document belongs to the data subject whose event brought it; events of another one do not touch it, so that its rows
//! can be taken away without a trace in anybody else's. Verdicts are the exception, and are kept apart.
//!
//! Each such projection keeps its own copy of the life in a table of its own, because projections are rebuilt alone.

use event_model::{
    Fact,
    family::{
        check::{CheckedText, KnowledgeChecked},
        document::{DocumentParsed, DocumentReceived, DocumentRejected, DocumentSuperseded},
        knowledge::{KnowledgeEmbedded, KnowledgeFailed, KnowledgeReviewed, KnowledgeValidated},
    },
};
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::Projected,
    table::{blob, table_row},
};

/// Its bytes are in; nobody has read them yet.
pub(crate) const RECEIVED: &str = "received";
/// A parser read it.
pub(crate) const PARSED: &str = "parsed";
/// No parser could read it.
pub(crate) const REJECTED: &str = "rejected";
/// A newer version took its place.
pub(crate) const SUPERSEDED: &str = "superseded";
/// Somebody removed it.
pub(crate) const DELETED: &str = "deleted";

table_row! {
    /// Where a document is in its life.
    struct Life {
        document_id: Uuid,
        tenant: String,
        datasubject: Option<String>,
        status: String,
        name: String,
        content: String,
        received_event: Uuid,
        parsed: Option<String>,
        decided_event: Option<Uuid>,
        decided_cause: Option<Uuid>,
        validated_cause: Option<Uuid>,
        partition: i32,
        position: i64,
    }
}

/// What an event that takes effect does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Received(&'a DocumentReceived),
    Parsed(&'a DocumentParsed),
    Rejected(&'a DocumentRejected),
    Superseded(&'a DocumentSuperseded),
    Deleted,
    Embedded(&'a KnowledgeEmbedded),
    Validated {
        data: &'a KnowledgeValidated,
        /// Whether the judgement before it has the same cause; then it says something new only by other rules.
        repeats_cause: bool,
    },
    Failed(&'a KnowledgeFailed),
    Reviewed(&'a KnowledgeReviewed),
    Checked(&'a KnowledgeChecked),
}

/// Whether the event type is part of a document's own life.
pub(crate) fn is_document_event(event_type: &str) -> bool {
    matches!(
        event_type,
        "document.received"
            | "document.parsed"
            | "document.rejected"
            | "document.superseded"
            | "document.deleted"
    )
}

impl Life {
    /// The life after `event`, and what happened; `None` when the event takes no effect.
    pub(crate) fn after<'a>(life: Option<&Self>, event: &'a Projected) -> Option<(Self, Step<'a>)> {
        let fact = event.fact.as_deref()?;
        let Some(life) = life else { return Self::begin(event, fact) };
        if event.position_column() <= life.position {
            return None;
        }
        if let Fact::KnowledgeReviewed(data) = fact {
            // A verdict is its reviewer's, not the document's, and leaves the life as it is: it can be taken back.
            return (life.status != DELETED).then(|| (life.clone(), Step::Reviewed(data)));
        }
        if !event.may_touch(life.datasubject.as_deref()) {
            return None;
        }
        let anew =
            matches!(fact, Fact::DocumentReceived(_)) && event.may_replace(life.datasubject.as_deref());
        if anew {
            return Self::begin(event, fact);
        }
        if life.is_begun_anew_by(fact) {
            let same = life.datasubject == event.datasubject_column();
            return if same { Self::begin(event, fact) } else { None };
        }
        if life.status == DELETED {
            return None;
        }
        let (mut next, step) = life.step(event, fact)?;
        next.partition = event.partition_column();
        next.position = event.position_column();
        Some((next, step))
    }

    /// Whether this brings back what is not in use any more, or what will not be once a newer version is read.
    fn is_begun_anew_by(&self, fact: &Fact) -> bool {
        let Fact::DocumentReceived(data) = fact else { return false };
        matches!(self.status.as_str(), DELETED | SUPERSEDED) || data.replaces.is_some()
    }

    /// Whether readers may find its text: it is parsed, and no newer version took its place.
    pub(crate) fn is_in_use(&self) -> bool {
        self.status == PARSED
    }

    /// Only being received begins a life, the first or another after a deletion or a newer version.
    fn begin<'a>(event: &Projected, fact: &'a Fact) -> Option<(Self, Step<'a>)> {
        let Fact::DocumentReceived(received) = fact else { return None };
        let life = Self {
            document_id: event.subject?,
            tenant: event.tenant_column(),
            datasubject: event.datasubject_column(),
            status: RECEIVED.to_owned(),
            name: received.name.clone(),
            content: blob(&received.content),
            received_event: event.event.id,
            parsed: None,
            decided_event: None,
            decided_cause: None,
            validated_cause: None,
            partition: event.partition_column(),
            position: event.position_column(),
        };
        Some((life, Step::Received(received)))
    }

    fn step<'a>(&self, event: &Projected, fact: &'a Fact) -> Option<(Self, Step<'a>)> {
        let decides = |content| self.may_be_decided(event, content);
        Some(match fact {
            Fact::DocumentParsed(data) if decides(data.content.as_str()) => {
                (self.decided(PARSED, Some(blob(&data.parsed)), event), Step::Parsed(data))
            }
            Fact::DocumentRejected(data) if decides(data.content.as_str()) => {
                (self.decided(REJECTED, None, event), Step::Rejected(data))
            }
            Fact::DocumentSuperseded(data) if self.may_be_superseded(data) => {
                (Self { status: SUPERSEDED.to_owned(), ..self.clone() }, Step::Superseded(data))
            }
            Fact::DocumentDeleted(_) => (Self { status: DELETED.to_owned(), ..self.clone() }, Step::Deleted),
            // A judgement counts if it is about the text the document has now.
            Fact::KnowledgeValidated(data) if self.parsed.as_deref() == Some(data.parsed.as_str()) => {
                let validated_cause = event.event.causationid;
                let repeats_cause = validated_cause.is_some() && self.validated_cause == validated_cause;
                (Self { validated_cause, ..self.clone() }, Step::Validated { data, repeats_cause })
            }
            // Vectors are the same whoever made them, so that the last ones may take the place of earlier ones.
            Fact::KnowledgeEmbedded(data) if self.parsed.as_deref() == Some(data.parsed.as_str()) => {
                (self.clone(), Step::Embedded(data))
            }
            Fact::KnowledgeChecked(data) if self.is_text_of(&data.of) => (self.clone(), Step::Checked(data)),
            Fact::KnowledgeFailed(data) => (self.clone(), Step::Failed(data)),
            _ => return None,
        })
    }

    /// Of several results of one cause the first in the log wins; a result of another cause replaces it. A superseded version
    /// is read, too, so that its history can be.
    fn may_be_decided(&self, event: &Projected, content: &str) -> bool {
        let repeats_cause = self.decided_cause.is_some() && self.decided_cause == event.event.causationid;
        self.content == content && !repeats_cause
    }

    /// Of several newer versions the first in the log is named. What was found out about an earlier life does not hold.
    fn may_be_superseded(&self, data: &DocumentSuperseded) -> bool {
        let this_life = data.received.is_none_or(|received| received == self.received_event);
        self.status != SUPERSEDED && this_life
    }

    /// Whether what was checked is the text the document has now.
    fn is_text_of(&self, checked: &CheckedText) -> bool {
        matches!(checked, CheckedText::Document { parsed } if self.parsed.as_deref() == Some(parsed.as_str()))
    }

    fn decided(&self, status: &str, parsed: Option<String>, event: &Projected) -> Self {
        let status = if self.status == SUPERSEDED { SUPERSEDED } else { status };
        Self {
            status: status.to_owned(),
            parsed,
            decided_event: Some(event.event.id),
            decided_cause: event.event.causationid,
            validated_cause: None,
            ..self.clone()
        }
    }
}

/// The lives of the documents that a batch is about.
pub(crate) struct Lives(Keyed<Life>);

impl Lives {
    /// Loads them from a projection's own table.
    pub(crate) async fn load(
        tx: &Transaction<'_>,
        table: &'static str,
        events: &[&Projected],
    ) -> Result<Self, StoreError> {
        let ids = events.iter().filter_map(|event| event.subject);
        Ok(Self(Keyed::load(tx, table, "document_id", ids, |life: &Life| life.document_id).await?))
    }

    /// Takes one event in; tells the document, its life now and what happened, if the event takes effect.
    pub(crate) fn take<'a>(&mut self, event: &'a Projected) -> Option<(Life, Step<'a>)> {
        let id = event.subject?;
        let (life, step) = Life::after(self.0.get(id), event)?;
        self.0.put(id, life.clone());
        Some((life, step))
    }

    /// Writes what changed. These rows are bookkeeping and do not count.
    pub(crate) async fn write(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        self.0.write(tx).await.map(|_| ())
    }
}
