#![doc = include_str!("../README.md")]

mod append;
mod binding;
mod cluster;
mod creation;
mod facts;
mod head;
mod keys;
mod lane;
mod log;
mod mirror;
mod node;
mod options;
mod read;
mod request;
mod restore;
mod script;
mod trim;
mod trouble;
mod watch;

pub use facts::ServerFacts;
pub use log::RedisLog;
pub use options::RedisLogOptions;
pub use restore::Restoration;
