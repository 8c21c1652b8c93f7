//! The child process parsers run in: it locks itself up before it reads its first byte, then serves documents one at a time.
//! The other side is [`crate::ParserPool`]. Or it prepares a jail for a plugin and becomes it.

mod child;
pub(crate) mod frame;
pub(crate) mod launcher;
mod sandbox;

pub use child::{child_main, child_main_with, processor_main};
pub use frame::{JailReport, Protection};
pub(crate) use launcher::Launch;
pub use launcher::launch_main;
