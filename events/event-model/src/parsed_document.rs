//! The document model: what a parser found, as blocks over one text, and the chunks cut from it.
//!
//! Every range counts Unicode scalar values (not bytes) of [`ParsedDocument::text`], from 0, end excluded, so a place can
//! be checked with SQL `substring` as well as in Rust.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Language of most of the text as BCP 47 (`en`, `de`, `zh`), where it could be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the format's metadata says (author, created, language, ...), lower-case names.
    pub metadata: BTreeMap<String, String>,
    /// The whole text: the blocks' texts in reading order, joined by one empty line.
    pub text: String,
    /// The structure over `text`, in reading order.
    pub blocks: Vec<Block>,
    /// Links found in the document.
    pub links: Vec<Link>,
    /// How each page was read, where the format has pages and more than one way to read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub page_notes: Vec<PageNote>,
    /// What source code declares at its top level, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<Symbol>,
    /// Names of files embedded in the document; their contents are not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// Passages for search and answers, in reading order.
    pub chunks: Vec<Chunk>,
}

impl ParsedDocument {
    /// The text without what is repeated on every page and what somebody remarked on it: what the author wrote.
    pub fn body_text(&self) -> String {
        let body = |block: &&Block| {
            !matches!(block.kind, BlockKind::PageHeader | BlockKind::PageFooter | BlockKind::Comment { .. })
        };
        let (mut text, mut characters, mut at) = (String::new(), self.text.chars(), 0);
        for block in self.blocks.iter().filter(body) {
            let (start, end) = (block.range.start as usize, block.range.end as usize);
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.extend(characters.by_ref().skip(start.saturating_sub(at)).take(end.saturating_sub(start)));
            at = end;
        }
        text
    }
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
    /// Where on the page it stands, where the format says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// Language of its text as BCP 47, where it differs from the document's. Called `text_language` in JSON, since code has a
    /// `language` of its own.
    #[serde(default, rename = "text_language", skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Marked parts of its text, in order of their start; outer before inner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// Its printed lines, where the format has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Line of the file it begins on, from 1, for source code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_line: Option<u32>,
    /// Where the grammar of its language could not read it, for code whose language has a grammar here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax_error: Option<SyntaxError>,
}

impl Block {
    /// A block of which only the kind and the place are known.
    pub fn new(kind: BlockKind, range: TextRange, page: Option<u32>) -> Self {
        Self {
            kind,
            range,
            page,
            bounds: None,
            language: None,
            spans: Vec::new(),
            lines: Vec::new(),
            first_line: None,
            syntax_error: None,
        }
    }
}

/// A rectangle on a page, in points (1/72 inch) from the upper left corner, rounded to tenths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// A printed line of a block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Where its text stands.
    pub range: TextRange,
    /// Where on the page it stands.
    pub bounds: Bounds,
}

/// The first place in code that its grammar could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyntaxError {
    /// Line, counted from 1 within the block's text.
    pub line: u32,
    /// What is wrong, for people.
    pub why: String,
}

/// A marked part of a block's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Where it stands in the document's text.
    pub range: TextRange,
    /// How it is marked.
    #[serde(flatten)]
    pub style: SpanStyle,
}

/// The ways to mark a part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "style", rename_all = "snake_case")]
pub enum SpanStyle {
    /// Leads somewhere.
    Link {
        /// Where, resolved against the document's base where it has one.
        target: String,
    },
    /// Code, a name, a command.
    Code,
    /// Bold.
    Strong,
    /// Italic.
    Emphasis,
    /// Struck out.
    Strikethrough,
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
        /// Whether it is done, if the list is one of tasks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checked: Option<bool>,
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
    Quote {
        /// What it warns of or points out (`note`, `tip`, `important`, `warning`, `caution`), if it is an alert.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alert: Option<String>,
    },
    /// A footnote or an endnote; its text begins with its mark, `[1]`.
    Footnote,
    /// A remark that somebody attached to the document.
    Comment {
        /// Who.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        author: Option<String>,
    },
    /// A formula that stands alone.
    Equation,
    /// What is repeated at the top of pages.
    PageHeader,
    /// What is repeated at the bottom of pages, such as page numbers.
    PageFooter,
}

/// How a page was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageNote {
    /// The page, from 1.
    pub page: u32,
    /// What the document itself calls it (`iv`, `A-3`), if not its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Width in points.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// The engine whose text was taken.
    pub engine: String,
    /// Why, for people.
    pub why: String,
}

/// Something that source code declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is (`function`, `struct`, `class`, `constant`, ...).
    pub kind: String,
    /// First line, from 1.
    pub first_line: u32,
    /// Last line.
    pub last_line: u32,
    /// What its documentation comment says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    /// What it is known by; follows from heading path and text. Older documents leave it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
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

/// The ids of a document's passages: the first half of the SHA-256 of heading path, text and, among equal passages, which of them it
/// is. A passage that did not change keeps its id wherever the others move.
pub fn chunk_ids(chunks: &[Chunk]) -> Vec<String> {
    let mut seen: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    let mut id = |chunk: &Chunk| {
        let mut content = Sha256::new();
        for part in chunk.heading_path.iter().chain([&chunk.text]) {
            content.update((part.len() as u64).to_le_bytes());
            content.update(part);
        }
        let content: [u8; 32] = content.finalize().into();
        let ordinal = seen.entry(content).and_modify(|ordinal| *ordinal += 1).or_default();
        let digest = Sha256::new().chain_update(content).chain_update(ordinal.to_le_bytes()).finalize();
        let half = digest.iter().take(16).fold(0, |half: u128, byte| half << 8 | u128::from(*byte));
        format!("{half:032x}")
    };
    chunks.iter().map(&mut id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_passages_have_ids_of_their_own_and_keep_them() {
        let chunk = |path: &str, text: &str| Chunk {
            heading_path: vec![path.to_owned()],
            text: text.to_owned(),
            ..Chunk::default()
        };
        let before = chunk_ids(&[chunk("a", "x"), chunk("a", "x"), chunk("ax", "")]);
        let after = chunk_ids(&[chunk("new", "one"), chunk("a", "x"), chunk("a", "x"), chunk("ax", "")]);
        assert_eq!(after[1..], before);
        assert!(
            before[0] != before[1] && before[0].len() == 32 && before[2] != chunk_ids(&[chunk("a", "x")])[0]
        );
    }

    #[test]
    fn the_body_is_the_text_without_what_stands_around_it() {
        let block = |kind, start, end| Block::new(kind, TextRange { start, end }, None);
        let document = ParsedDocument {
            text: "Seite 1\n\nÜber uns\n\nHm.\n\nEnde".to_owned(),
            blocks: vec![
                block(BlockKind::PageHeader, 0, 7),
                block(BlockKind::Paragraph, 9, 17),
                block(BlockKind::Comment { author: None }, 19, 22),
                block(BlockKind::Paragraph, 24, 28),
            ],
            ..ParsedDocument::default()
        };
        assert_eq!(document.body_text(), "Über uns\n\nEnde");
    }
}
