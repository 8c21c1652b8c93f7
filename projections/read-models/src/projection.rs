//! What a read model is: a name, a version, tables of its own, and a fold of events into rows.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::Position;
use event_model::{Event, Fact, ParsedDocument, PartitionId};
use read_store::{StoreError, Transaction};
use uuid::Uuid;

/// An event with everything a projection may look at, computed before any transaction begins.
#[derive(Clone, Debug)]
pub struct Projected {
    /// Its partition.
    pub partition: PartitionId,
    /// Its position.
    pub position: Position,
    /// The event; its `data` is as stored, so a sealed event is still sealed here.
    pub event: Event,
    /// The subject as an id; `None` for the families whose subject is not one.
    pub subject: Option<Uuid>,
    /// The payload; `None` when the data subject's key is gone.
    pub fact: Option<Arc<Fact>>,
    /// The parsed document that a `document.parsed` or `knowledge.embedded` names, if a projection asked for it.
    pub document: Option<Arc<ParsedDocument>>,
    /// The vectors that a `knowledge.embedded` names, a row for each passage of the document, if a projection asked for them.
    pub vectors: Option<Arc<Vec<Vec<f32>>>>,
}

/// The rows of a table that belong to a data subject.
#[derive(Clone, Copy, Debug)]
pub struct Belonging {
    /// The table.
    pub table: &'static str,
    /// Which rows, in SQL; `$1` is the tenant, `$2` the subject.
    pub rows: &'static str,
}

/// The condition of tables that say whose a row is.
pub(crate) const OWNED: &str = "tenant = $1 and datasubject = $2";

/// Removes the rows of `belongings`, in their order.
pub(crate) async fn forget_belongings(
    tx: &Transaction<'_>,
    belongings: &[Belonging],
    tenant: &str,
    subject: &str,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for Belonging { table, rows } in belongings {
        removed += tx.execute(&format!("delete from {table} where {rows}"), &[&tenant, &subject]).await?;
    }
    Ok(removed)
}

/// A read model.
///
/// - `project` MUST depend on the events and on the rows of its own tables alone: not on the clock, not on other tables,
///   not on how the log is cut into batches.
/// - A row MUST be folded from events of one partition key. What spans keys is a view.
/// - Events of one key arrive in log order and MUST take effect in that order.
/// - SQL MUST NOT name a schema: the same statements fill the live tables and the scratch tables of a rebuild.
/// - A row belongs to the data subject of the event that began it, and MUST NOT be changed by events of another one. An
///   event about nobody may change it, or begin it anew.
/// - Folding an event whose effect is in the rows already SHOULD change nothing.
#[async_trait]
pub trait Projection: Send + Sync {
    /// Name: a plural noun, also the name of the view that readers use.
    fn name(&self) -> &'static str;

    /// Raised whenever the tables or the fold change; the next start then asks for a rebuild.
    fn version(&self) -> u32;

    /// Whether it folds events of this type.
    fn reads(&self, event_type: &str) -> bool;

    /// Whether it looks at [`Projected::document`].
    fn needs_document(&self) -> bool {
        false
    }

    /// Whether it looks at [`Projected::vectors`], and at the document that they are of.
    fn needs_vectors(&self) -> bool {
        false
    }

    /// Makes the tables in the first schema of the search path.
    fn create_sql(&self) -> &'static str;

    /// The tables, named with the version. The first is what the view shows; the others are the fold's own memory.
    fn tables(&self) -> &'static [&'static str];

    /// Indexes that only readers need: a replay makes them when its tables are filled, which takes less time.
    fn reader_indexes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Which rows belong to a data subject: of each table, those that hang on others first. Nothing by default, for a read
    /// model that holds what is sealed as it is stored, or nothing about people.
    fn belongings(&self) -> &'static [Belonging] {
        &[]
    }

    /// Takes away every row that belongs to a data subject, and what follows from it elsewhere. The rows are then what a
    /// replay makes that cannot read the subject's events. Returns the number of rows removed.
    async fn forget(&self, tx: &Transaction<'_>, tenant: &str, subject: &str) -> Result<u64, StoreError> {
        forget_belongings(tx, self.belongings(), tenant, subject).await
    }

    /// Folds events, in log order, inside the caller's transaction. Returns the number of rows written.
    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError>;
}

impl Projected {
    /// The partition as tables hold it.
    pub(crate) fn partition_column(&self) -> i32 {
        i32::from(self.partition.0)
    }

    /// The position as tables hold it.
    pub(crate) fn position_column(&self) -> i64 {
        i64::try_from(self.position.0).unwrap_or(i64::MAX)
    }

    /// The person it is about, as tables hold it.
    pub(crate) fn datasubject_column(&self) -> Option<String> {
        self.event.datasubject.as_deref().map(str::to_owned)
    }

    /// Whether it may change a row that belongs to `owner`: it is about the same person, or about none.
    pub(crate) fn may_touch(&self, owner: Option<&str>) -> bool {
        let about = self.event.datasubject.as_deref();
        about.is_none() || about == owner
    }

    /// Whether it may begin a row anew that belongs to `owner`: what is about nobody takes the place of what may vanish, as it
    /// does in a replay in which that has vanished.
    pub(crate) fn may_replace(&self, owner: Option<&str>) -> bool {
        owner.is_some() && self.event.datasubject.is_none()
    }

    /// The same event as it reads once its data subject is erased.
    pub(crate) fn erased(&self) -> Self {
        Self { fact: None, document: None, vectors: None, ..self.clone() }
    }

    /// Whose it is, as tables hold it.
    pub(crate) fn tenant_column(&self) -> String {
        self.event.tenant.0.clone()
    }
}
