#![doc = include_str!("../README.md")]

mod append;
mod archive;
mod archived_log;
mod cache;
mod chain;
mod error;
mod heal;
mod link;
mod read;
mod segment;
mod verify;

pub use append::SEGMENT_EVENTS_BYTES;
pub use archive::Archive;
pub use archived_log::ArchivedLog;
pub use chain::{Chain, Span, Void};
pub use error::ArchiveError;
pub use heal::Healed;
pub use link::{Fork, Segment};
pub use verify::{Bad, PartitionReport};
