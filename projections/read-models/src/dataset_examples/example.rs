//! A candidate row, whatever it came from.

use event_model::family::dataset::DatasetKind;
use uuid::Uuid;

use crate::table::table_row;

table_row! {
    /// A candidate row of a dataset.
    struct ExampleRow {
        id: Uuid,
        tenant: String,
        kind: String,
        source_kind: String,
        source_id: Uuid,
        ordinal: i32,
        prompt: String,
        completion: Option<String>,
        chosen: Option<String>,
        rejected: Option<String>,
        label: Option<bool>,
        event_ids: Vec<Uuid>,
        partition: i32,
        position: i64,
    }
}

/// What a source is, for all of its examples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) kind: &'static str,
    pub(super) id: Uuid,
    pub(super) tenant: &'a str,
    pub(super) partition: i32,
    pub(super) position: i64,
}

impl Source<'_> {
    /// An example of this source. Its id follows from source, kind and ordinal, so folding again makes the same row.
    pub(super) fn example(
        &self,
        kind: DatasetKind,
        ordinal: i32,
        prompt: &str,
        event_ids: Vec<Uuid>,
    ) -> ExampleRow {
        ExampleRow {
            id: Uuid::new_v5(&self.id, format!("{}:{ordinal}", kind.as_str()).as_bytes()),
            tenant: self.tenant.to_owned(),
            kind: kind.as_str().to_owned(),
            source_kind: self.kind.to_owned(),
            source_id: self.id,
            ordinal,
            prompt: prompt.to_owned(),
            completion: None,
            chosen: None,
            rejected: None,
            label: None,
            event_ids,
            partition: self.partition,
            position: self.position,
        }
    }
}
