//! Many projectors on a real PostgreSQL server: partitions shared out fairly, and every event with one effect whatever is
//! cut, frozen, expired or broken. Each test has a database of its own on one server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cutting;
#[path = "../given/draw.rs"]
mod draw;
#[path = "../given/event.rs"]
mod event;
mod failing;
mod fencing;
mod fold;
mod freezing;
mod ground;
mod sharing;
mod simulation;
#[path = "../given/until.rs"]
mod until;
