#![doc = include_str!("../README.md")]

mod appending;
mod arrivals;
mod checks;
mod conflicts;
mod cursor;
mod datasets;
mod datasubject;
mod documents;
mod events;
mod extract;
mod feedback;
mod health;
mod idempotency;
mod ingest;
mod knowledge;
mod middleware;
mod openapi;
mod problem;
mod router;
mod search;
mod serve;
mod sessions;
mod state;
mod status;
mod ui;
mod waiting;
mod words;

pub use checks::check_in_words;
pub use router::router;
pub use serve::serve;
pub use state::{GatewayState, Limits};
pub use words::{conflict_in_words, rule_in_words};
