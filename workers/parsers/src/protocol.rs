//! What a processor, in whatever language, writes on standard output: a draft of the document, or why there is none. Bytes come
//! on standard input. The host puts the text together and counts the ranges, so that a processor cannot get them wrong.
//!
//! ```text
//!   document ──► standard input │ processor │ standard output ──► {"blocks": [{"kind": "paragraph", "text": "..."}]}
//!                                                             or  {"rejected": {"reason": "no_text", "detail": "..."}}
//! ```

use std::collections::BTreeMap;

use event_model::{BlockKind, Bounds, Line, Link, PageNote, Span, Symbol, SyntaxError, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Reason, Source};

mod reading;
mod writing;

pub(crate) use reading::read;

/// What a processor writes: one JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// The document is not for reading.
    Rejected {
        /// Why.
        rejected: Refusal,
    },
    /// What was read.
    Document(Box<Draft>),
}

/// Why a processor does not read a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// For programs.
    pub reason: Reason,
    /// For people: what is wrong and what to do.
    pub detail: String,
}

/// A document as a processor describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// Media type; without it, the first one the processor is declared for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Title; without it, the first heading of level 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Number of pages, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Language of most of the text as BCP 47, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the format's metadata says (author, created, ...).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The structure, in reading order.
    pub blocks: Vec<DraftBlock>,
    /// All links of the document; without it, those that are marked in blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<Link>>,
    /// How each page was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub page_notes: Vec<PageNote>,
    /// What source code declares at its top level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<Symbol>,
    /// Names of files embedded in the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

/// A block and its text. White space around the text is cut, control characters are left out, and a block without text is, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftBlock {
    /// What it is.
    #[serde(flatten)]
    pub kind: BlockKind,
    /// Its text. A table may do without: it has its rows. A numbered item may begin with its number (`3. Mix well`); if it does
    /// not, the number is put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Page it starts on, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Where on the page it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// Language of its text as BCP 47, where it differs from the document's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_language: Option<String>,
    /// Marked parts; ranges count characters (Unicode scalar values) of this block's text, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// Printed lines; ranges count as in `spans`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Line of the file it begins on, from 1, for source code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_line: Option<u32>,
    /// The first place in code that its grammar could not read. Code in languages that Elite has a grammar for is looked at anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax_error: Option<SyntaxError>,
}

/// Whose answer is read, for the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Name and version of the processor.
    pub(crate) tool: Tool,
    /// The media type of a document that does not say its own.
    pub(crate) media_type: String,
}

/// What the parent asks of a child: to read a document, or what a processor wrote about one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) source: Source,
    #[serde(default)]
    pub(crate) answer_of: Option<Asked>,
}
