#![doc = include_str!("../README.md")]

mod answer;
mod archive;
mod build;
mod catalogue;
mod outcome;
mod parse;
mod place;
mod project;
mod supersede;
mod validate;

pub use answer::Answer;
pub use archive::{ARCHIVE_SUBSCRIPTION, ArchiveOptions, Archiving, Archivist, Portion, Retention};
pub use build::Build;
pub use catalogue::{ACTING, ActingRole};
pub use parse::Parse;
pub use place::place_after;
pub use project::ProjectFold;
pub use validate::Validate;
