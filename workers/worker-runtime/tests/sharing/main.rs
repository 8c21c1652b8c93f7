//! Several to-do loops on one list, on a PostgreSQL server: each with its own connections, as on machines of their own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ending;
mod fairness;
mod fleet;
mod hearing;
mod keeping;
mod racing;
mod work;
