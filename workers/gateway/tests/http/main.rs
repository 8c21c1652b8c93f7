//! The gateway over real TCP, on a log in memory, an embedded PostgreSQL and blobs in a temporary directory.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod answers;
mod conflicts;
mod documents;
mod events;
mod faults;
mod fleet;
mod harness;
mod idempotency;
mod ingest;
mod known;
mod operations;
mod roles;
mod several;
mod several_keys;
mod versions;
