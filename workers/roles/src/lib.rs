#![doc = include_str!("../README.md")]

mod answer;
mod archive;
mod as_of;
mod build;
mod catalogue;
mod outcome;
mod parse;
mod project;
mod validate;

pub use answer::Answer;
pub use archive::{ARCHIVE_SUBSCRIPTION, ArchiveOptions, Archiving, Archivist, Portion, Retention};
pub use as_of::as_of;
pub use build::Build;
pub use catalogue::{ACTING, ActingRole};
pub use parse::Parse;
pub use project::ProjectFold;
pub use validate::Validate;
