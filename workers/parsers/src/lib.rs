#![doc = include_str!("../README.md")]

mod builder;
mod charset;
mod chunk;
mod format;
pub mod jail;
mod language;
mod numerals;
mod parser;
mod plugin;
mod pool;
mod protocol;
mod registry;
mod rejection;
mod rich_text;
mod script;
mod sniff;
mod syntax;

pub use builder::DocumentBuilder;
#[cfg(feature = "tokenizer")]
pub use chunk::Tokenizer;
pub use chunk::{CHUNK_TOKENS_MAX, CODE_TOKENS_MAX, CountTokens, Estimate, chunk, chunker};
pub use jail::{JailReport, Protection};
pub use parser::DocumentParser;
pub use plugin::Plugin;
pub use pool::{ChildCommand, ParserPool, PluginRun, PoolConfig, PoolError};
pub use protocol::{Answer, Draft, DraftBlock, Refusal};
pub use registry::{PARSERS, parse, parser_for, supported_media_types};
pub use rejection::{Reason, Rejection};
pub use rich_text::RichText;
pub use sniff::{Sniffed, Source};
