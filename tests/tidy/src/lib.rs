#![doc = include_str!("../README.md")]

pub mod arrows;
mod finding;
mod function;
mod manifest;
mod mask;
pub mod migrations;
pub mod names;
pub mod purity;
pub mod quarantine;
pub mod source;
mod tree;

pub use finding::{Finding, assert_clean};
pub use function::{Function, functions};
pub use manifest::{Dependency, DependencyKind, Manifest, Shelf};
pub use mask::mask;
pub use tree::Tree;
