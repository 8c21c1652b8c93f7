//! The child process parsers run in: it locks itself up before it reads its first byte, then serves documents one at a time.
//! The other side is [`crate::ParserPool`].

mod child;
pub(crate) mod frame;
mod sandbox;

pub use child::{child_main, child_main_with};
pub use frame::{JailReport, Protection};
