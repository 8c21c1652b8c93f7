#![doc = include_str!("../README.md")]

mod build;
mod candidate;
mod error;
mod example;
mod explain;
mod manifest;
mod render;
mod verify;

pub use build::build;
pub use candidate::Reason;
pub use error::DatasetError;
pub use example::{Example, SourceKind};
pub use explain::{EventLink, Explanation, Judgement, explain, explain_row};
pub use manifest::{LeftOut, Manifest, ManifestRow};
pub use render::render;
pub use verify::{Verification, verify};
