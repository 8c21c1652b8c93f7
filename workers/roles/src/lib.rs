#![doc = include_str!("../README.md")]

mod answer;
mod archive;
mod build;
mod catalogue;
mod open_work;
mod outcome;
mod parse;
mod project;
mod validate;

pub use answer::Answer;
pub use archive::{ARCHIVE_SUBSCRIPTION, ArchiveOptions, Archiving, Archivist, Retention};
pub use build::Build;
pub use catalogue::{ACTING, ActingRole};
pub use open_work::open_work;
pub use parse::Parse;
pub use project::ProjectFold;
pub use validate::Validate;
