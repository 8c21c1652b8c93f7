//! The payloads, one file per event family.

pub mod check;
pub mod conflict;
pub mod dataset;
pub mod document;
pub mod feedback;
pub mod interaction;
pub mod knowledge;
pub mod model;
pub mod operations;
pub mod session;
