#![doc = include_str!("../README.md")]

mod key_file;
mod keyring;
mod log;
mod queue;
mod repeats;
mod run;
mod seen;
mod store;
#[cfg(test)]
mod testing;
mod writer;

pub use keyring::EmbeddedKeyring;
pub use log::EmbeddedLog;
