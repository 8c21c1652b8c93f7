//! The promises of the runtime on a real PostgreSQL: every event has its effect once and in order, whatever happens.
//!
//! Each file starts one embedded server and plays its scenes on it one after the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chain;
mod complete;
mod cutting;
#[path = "../given/draw.rs"]
mod draw;
#[path = "../given/event.rs"]
mod event;
mod folding;
mod halting;
mod log;
mod parking;
mod poison;
#[path = "../given/result.rs"]
mod result;
mod schedules;
mod support;
#[path = "../given/until.rs"]
mod until;
mod work;
mod working;
