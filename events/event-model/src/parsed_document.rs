//! The document model: what a parser found, as blocks over one text, and the chunks cut from it.
//!
//! Every range counts Unicode scalar values (not bytes) of [`ParsedDocument::text`], from 0, end excluded, so a place can
//! be checked with SQL `substring` as well as in Rust.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A parsed document: stored as a JSON blob and named by `document.parsed`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParsedDocument {
    /// Media type found by looking at the bytes.
    pub media_type: String,
    /// The parser that made this.
    pub parser: Tool,
    /// The chunker that cut `chunks`.
    pub chunker: Tool,
    /// Title, if the document states or clearly shows one.
    pub title: Option<String>,
    /// Number of pages, where the format has pages.
    pub pages: Option<u32>,
    /// What the format's metadata says (author, created, language, ...), lower-case names.
    pub metadata: BTreeMap<String, String>,
    /// The whole text: the blocks' texts in reading order, joined by one empty line.
    pub text: String,
    /// The structure over `text`, in reading order.
    pub blocks: Vec<Block>,
    /// Links found in the document.
    pub links: Vec<Link>,
    /// Passages for search and answers, in reading order.
    pub chunks: Vec<Chunk>,
}

/// A program part and its version; part of the identity of what it made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Name, such as `markdown`.
    pub name: String,
    /// Version, raised whenever the output may change.
    pub version: u32,
}

/// A half-open range of characters (Unicode scalar values) of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextRange {
    /// First character.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}

/// One piece of structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// What it is.
    #[serde(flatten)]
    pub kind: BlockKind,
    /// Where its text stands.
    pub range: TextRange,
    /// Page it starts on, from 1, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// The kinds of block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of level 1 to 6.
    Heading {
        /// 1 is the highest.
        level: u8,
    },
    /// Running text.
    Paragraph,
    /// One item of a list.
    ListItem {
        /// Nesting depth, from 0.
        depth: u8,
        /// Its number, if the list is numbered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u64>,
    },
    /// A table; its text has one line a row, cells separated by ` | `.
    Table {
        /// The cells, row by row.
        rows: Vec<Vec<String>>,
    },
    /// A code block.
    Code {
        /// Language, if the document names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// A quotation.
    Quote,
    /// A footnote or an endnote.
    Footnote,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// What the reader sees.
    pub text: String,
    /// Where it leads, as written.
    pub target: String,
}

/// A passage of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Where it stands in the text; the chunk's text is exactly this range.
    pub range: TextRange,
    /// Page it starts on, from 1, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The passage itself.
    pub text: String,
}
