#![doc = include_str!("../README.md")]

mod journal;
mod key_file;
mod keyring;
mod log;
mod manifest;
mod queue;
mod repeats;
mod room;
mod run;
mod seen;
mod store;
mod tables;
#[cfg(test)]
mod testing;
mod writer;

pub use keyring::EmbeddedKeyring;
pub use log::EmbeddedLog;
