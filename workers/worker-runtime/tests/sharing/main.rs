//! Several to-do loops on one list, on a PostgreSQL server: each with its own connections, as on machines of their own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ending;
#[path = "../given/event.rs"]
mod event;
mod fairness;
mod fleet;
mod hearing;
mod keeping;
mod racing;
#[path = "../given/result.rs"]
mod result;
#[path = "../given/until.rs"]
mod until;
mod work;
