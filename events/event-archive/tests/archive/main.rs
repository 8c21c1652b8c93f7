//! The archive over a directory and a log in memory.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod chains;
mod damage;
mod forks;
mod given;
mod healing;
mod logs;
mod racing;
