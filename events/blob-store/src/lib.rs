#![doc = include_str!("../README.md")]

#[cfg(feature = "s3")]
mod bucket;
mod sealed;
mod shelf;
mod store;

#[cfg(feature = "s3")]
pub use bucket::S3Options;
pub use sealed::SealedBlob;
pub use shelf::Shelf;
pub use store::{BlobError, BlobStore, BlobStream, StoredBlob};
