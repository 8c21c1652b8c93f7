//! The same tests for both implementations, and for Redis what happens when it comes and goes.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod cluster;
mod contract;
mod in_process;
mod positions;
mod redis;
mod support;
