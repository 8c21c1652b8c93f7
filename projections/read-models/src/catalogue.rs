//! Every read model there is: the one place where a new one is registered.

use crate::{
    checks::Checks, chunks::Chunks, conflicts::Conflicts, dataset_examples::DatasetExamples,
    datasets::Datasets, documents::Documents, embeddings::Embeddings, events::Events, feedback::Feedback,
    interactions::Interactions, knowledge::Knowledge, projection::Projection, sessions::Sessions,
    validation_scores::ValidationScores,
};

/// The subscription that folds every read model, so that each event is read once.
pub const SUBSCRIPTION: &str = "project";

/// All read models, in the order in which they are folded.
pub static PROJECTIONS: &[&dyn Projection] = &[
    &Documents,
    &Chunks,
    &Embeddings,
    &Knowledge,
    &ValidationScores,
    &Conflicts,
    &Checks,
    &Sessions,
    &Interactions,
    &Feedback,
    &DatasetExamples,
    &Datasets,
    &Events,
];

/// What spans keys: views over the read models' views, made again whenever those change.
pub(crate) const DERIVED_VIEWS: &[(&str, &str)] = &[
    ("duplicates", include_str!("duplicates.sql")),
    ("conflict_states", include_str!("conflict_states.sql")),
];
