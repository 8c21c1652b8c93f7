#![doc = include_str!("../README.md")]

mod answer;
mod archive;
mod asking;
mod build;
mod catalogue;
mod check;
mod compare;
mod embed;
mod outcome;
mod parse;
mod place;
mod project;
mod reading;
mod samples;
mod supersede;
mod validate;

pub use answer::Answer;
pub use archive::{ARCHIVE_SUBSCRIPTION, ArchiveOptions, Archiving, Archivist, Portion, Retention};
pub use build::Build;
pub use catalogue::{ACTING, ActingRole};
pub use check::{Check, CheckScope, ask_for_checks};
pub use compare::Compare;
pub use embed::{Embed, ask_for_vectors};
pub use parse::Parse;
pub use place::place_after;
pub use project::ProjectFold;
pub use validate::{Validate, ask_for_new_scores};
