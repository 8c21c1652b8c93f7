#![doc = include_str!("../README.md")]

mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod digest;
mod keyring;
mod log;
mod memory;

pub use clock::{Clock, ManualClock, SystemClock};
pub use digest::RollingDigest;
pub use keyring::{KeptKey, Keyring, KeyringError, MemoryKeyring, Owner, opened, sealed};
pub use log::{
    Appended, Creation, CreationOptions, Durability, EventLog, LogError, Outcome, Position, Recorded,
    RepeatWindow,
};
pub use memory::MemoryLog;
