//! The gateway over real TCP, on a log in memory, an embedded PostgreSQL and blobs in a temporary directory.

mod answers;
mod documents;
mod events;
mod faults;
mod harness;
mod idempotency;
mod ingest;
mod operations;
mod roles;
