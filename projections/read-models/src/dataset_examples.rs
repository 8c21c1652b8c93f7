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
    projection::{Belonging, OWNED, Projected, Projection, forget_belongings},
};

const TABLE: &str = "dataset_examples_v3";

/// The read model `dataset_examples`.
pub(crate) struct DatasetExamples;

#[async_trait]
impl Projection for DatasetExamples {
    fn name(&self) -> &'static str {
        "dataset_examples"
    }

    fn version(&self) -> u32 {
        3
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

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["dataset_examples_v3_kind"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        const EXAMPLES: &str = "source_id in
            (select document_id from dataset_examples_documents_v3 where tenant = $1 and datasubject = $2
             union all
             select interaction_id from dataset_examples_interactions_v3 where tenant = $1 and datasubject = $2)
            or event_ids && array
            (select given_event from dataset_examples_feedback_v3 where tenant = $1 and datasubject = $2)";
        &[
            Belonging { table: TABLE, rows: EXAMPLES },
            Belonging { table: from_document::LIVES, rows: OWNED },
            Belonging { table: from_interaction::INTERACTIONS, rows: OWNED },
            Belonging { table: from_interaction::FEEDBACK, rows: OWNED },
        ]
    }

    /// What other people's conversations teach without the subject's verdicts is made anew.
    async fn forget(&self, tx: &Transaction<'_>, tenant: &str, subject: &str) -> Result<u64, StoreError> {
        let judged = from_interaction::judged_by(tx, tenant, subject).await?;
        let removed = forget_belongings(tx, self.belongings(), tenant, subject).await?;
        let mut examples = Sets::new(TABLE, "source_id", "id");
        from_interaction::make_anew(tx, &judged, &mut examples).await?;
        Ok(removed + examples.write(tx).await?)
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
