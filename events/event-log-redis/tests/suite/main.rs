//! The log in Redis against real servers, which the tests start themselves.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod cluster;
mod contract;
mod detection;
mod durability;
mod healing;
mod loss;
mod mirror;
mod opening;
mod restoring;
mod retries;
mod support;
mod trimming;
