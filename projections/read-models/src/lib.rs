#![doc = include_str!("../README.md")]

mod catalogue;
mod checks;
mod chunks;
mod conflicts;
mod dataset_examples;
mod datasets;
mod digest;
mod documents;
mod embeddings;
mod erasing;
mod error;
mod events;
mod feedback;
mod fold;
mod install;
mod interactions;
mod keyed;
mod knowledge;
mod life;
mod projection;
pub mod query;
mod rebuild;
mod search_indexes;
mod sessions;
mod table;
mod validation_scores;

pub use catalogue::{PROJECTIONS, SUBSCRIPTION};
pub use digest::{TableDigest, digests};
pub use erasing::{Holding, blobs_about, events_about, holdings};
pub use error::{FoldError, RebuildError};
pub use fold::{Projections, RowsWritten};
pub use install::{install, outdated};
pub use projection::{Belonging, Projected, Projection};
pub use rebuild::{
    AsOf, Difference, History, Kept, Kind, Mode, OnDifference, OnProgress, Progress, ProjectionReport,
    Rebuilder, Relocated, Report, TableReport, abandoned, clear_abandoned, drop_as_of, drop_kept_about,
    forget_retired, kept,
};
pub use search_indexes::{index_vectors, prepare_search};
