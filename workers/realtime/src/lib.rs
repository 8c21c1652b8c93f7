#![doc = include_str!("../README.md")]

mod in_process;
mod on_redis;
mod positions;
mod realtime;
mod topics;

pub use in_process::InProcess;
pub use on_redis::OnRedis;
pub use positions::{positions_topic, share_positions};
pub use realtime::{Heard, Realtime, RealtimeError};
pub use topics::Subscription;
