//! The promises of the runtime on a real PostgreSQL: every event has its effect once and in order, whatever happens.
//!
//! Each file starts one embedded server and plays its scenes on it one after the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chain;
mod cutting;
mod folding;
mod halting;
mod log;
mod parking;
mod poison;
mod schedules;
mod support;
mod work;
mod working;
