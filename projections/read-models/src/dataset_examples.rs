//! Dataset examples: candidate rows of training datasets, from documents and from conversations.
//!
//! Which candidates a dataset takes is decided when it is built; here is every row that could be taken, with the events it
//! came from. The shapes are in `dataset_examples/from_*.rs`.

mod example;
mod from_document;
mod from_interaction;

use async_trait::async_trait;
use read_store::{StoreError, Transaction};

use crate::{
    keyed::Sets,
    life::is_document_event,
    projection::{Projected, Projection},
};

const TABLE: &str = "dataset_examples_v1";

/// The read model `dataset_examples`.
pub(crate) struct DatasetExamples;

#[async_trait]
impl Projection for DatasetExamples {
    fn name(&self) -> &'static str {
        "dataset_examples"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        is_document_event(event_type) || from_interaction::reads(event_type)
    }

    fn needs_document(&self) -> bool {
        true
    }

    fn create_sql(&self) -> &'static str {
        include_str!("dataset_examples/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE, from_document::LIVES, from_interaction::INTERACTIONS, from_interaction::FEEDBACK]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let (documents, others): (Vec<&Projected>, Vec<&Projected>) =
            events.iter().partition(|event| is_document_event(&event.event.event_type));
        let mut examples = Sets::new(TABLE, "source_id", "id");
        if !documents.is_empty() {
            from_document::fold(tx, &documents, &mut examples).await?;
        }
        if !others.is_empty() {
            from_interaction::fold(tx, &others, &mut examples).await?;
        }
        examples.write(tx).await
    }
}
