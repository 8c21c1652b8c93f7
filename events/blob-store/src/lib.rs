#![doc = include_str!("../README.md")]

mod sealed;
mod store;

pub use sealed::SealedBlob;
pub use store::{BlobError, BlobStore, BlobStream, StoredBlob};
