#![doc = include_str!("../README.md")]

mod appending;
mod arrivals;
mod cursor;
mod documents;
mod extract;
mod health;
mod idempotency;
mod ingest;
mod middleware;
mod problem;
mod router;
mod serve;
mod state;

pub use router::router;
pub use serve::serve;
pub use state::{GatewayState, Limits};
