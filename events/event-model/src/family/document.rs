//! What happens to documents. The subject is the document's id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BlobRef, EventData, Tool};

/// A producer handed in a document; its bytes are in the blob store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentReceived {
    /// File name or path as the producer gave it; never used as a path.
    pub name: String,
    /// The bytes.
    pub content: BlobRef,
    /// Number of bytes.
    pub size_bytes: u64,
    /// Media type the producer claimed; a hint, never trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_type: Option<String>,
    /// Bytes that were handed in before come back after another version of their source: the document that was the newest
    /// one meanwhile. The life of this document begins anew, whatever state it was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
}

impl EventData for DocumentReceived {
    const TYPE: &'static str = "document.received";
}

/// A parser read the document; text, blocks and chunks are in the parsed blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentParsed {
    /// The bytes that were parsed.
    pub content: BlobRef,
    /// The [`crate::ParsedDocument`], as JSON.
    pub parsed: BlobRef,
    /// Media type found by looking at the bytes.
    pub media_type: String,
    /// The parser.
    pub parser: Tool,
    /// The chunker.
    pub chunker: Tool,
    /// Title, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Number of pages, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Characters of text.
    pub characters: u64,
    /// Number of chunks.
    pub chunks: u32,
}

impl EventData for DocumentParsed {
    const TYPE: &'static str = "document.parsed";
}

/// No parser could read the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentRejected {
    /// The bytes that were refused.
    pub content: BlobRef,
    /// Machine-readable reason, such as `encrypted`, `unsupported_type`, `time_limit`, `crashed`.
    pub reason: String,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

impl EventData for DocumentRejected {
    const TYPE: &'static str = "document.rejected";
}

/// A newer version of the same source took its place. Versions of a source are the documents of one tenant and data subject
/// that have one name; of two, the one received later is the newer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentSuperseded {
    /// The newer document. Where there are several, any of them.
    pub superseded_by: Uuid,
    /// The `document.received` that brought what is superseded. If the same bytes came back meanwhile, this says nothing of
    /// them. Whatever the document is now, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Uuid>,
}

impl EventData for DocumentSuperseded {
    const TYPE: &'static str = "document.superseded";
}

/// Somebody removed the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentDeleted {
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl EventData for DocumentDeleted {
    const TYPE: &'static str = "document.deleted";
}
