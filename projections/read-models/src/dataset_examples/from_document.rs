//! Examples from documents: for each passage, where it stands is the prompt and its text the completion.

use event_model::{Chunk, ParsedDocument, family::dataset::DatasetKind};
use read_store::{StoreError, Transaction};

use super::example::{ExampleRow, Source};
use crate::{
    keyed::Sets,
    life::{Life, Lives, Step},
    projection::Projected,
};

/// Where each document is in its life.
pub(super) const LIVES: &str = "dataset_examples_documents_v3";

/// Folds document events.
pub(super) async fn fold(
    tx: &Transaction<'_>,
    events: &[&Projected],
    examples: &mut Sets<ExampleRow>,
) -> Result<(), StoreError> {
    let mut lives = Lives::load(tx, LIVES, events).await?;
    for event in events {
        let Some((life, step)) = lives.take(event) else { continue };
        match (step, &event.document) {
            (Step::Parsed(_), Some(document)) if life.is_in_use() => {
                examples.replace(life.document_id, of_document(&life, document));
            }
            (
                Step::Received(_) | Step::Parsed(_) | Step::Rejected(_) | Step::Superseded(_) | Step::Deleted,
                _,
            ) => {
                examples.replace(life.document_id, Vec::new());
            }
            _ => {}
        }
    }
    lives.write(tx).await
}

fn of_document(life: &Life, document: &ParsedDocument) -> Vec<ExampleRow> {
    let source = Source {
        kind: "document",
        id: life.document_id,
        tenant: &life.tenant,
        partition: life.partition,
        position: life.position,
    };
    let events: Vec<_> = std::iter::once(life.received_event).chain(life.decided_event).collect();
    let title = document.title.as_deref().unwrap_or(&life.name);
    let example = |(ordinal, chunk): (i32, &Chunk)| ExampleRow {
        completion: Some(chunk.text.clone()),
        ..source.example(DatasetKind::Completion, ordinal, &place(title, &chunk.heading_path), events.clone())
    };
    (0..).zip(&document.chunks).filter(|(_, chunk)| !chunk.text.trim().is_empty()).map(example).collect()
}

/// Title and headings, outermost first; a first heading that repeats the title is not said twice.
fn place(title: &str, heading_path: &[String]) -> String {
    let headings = match heading_path.split_first() {
        Some((first, rest)) if first == title => rest,
        _ => heading_path,
    };
    std::iter::once(title).chain(headings.iter().map(String::as_str)).collect::<Vec<_>>().join(" > ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_is_also_the_first_heading_is_said_once() {
        let path = |headings: &[&str]| headings.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(place("Guide", &path(&["Guide", "Setup"])), "Guide > Setup");
        assert_eq!(place("Guide", &path(&["Setup", "Guide"])), "Guide > Setup > Guide");
        assert_eq!(place("Guide", &[]), "Guide");
    }
}
