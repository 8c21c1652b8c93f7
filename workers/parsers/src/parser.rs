//! The seam every format plugs into. A parser is pure: bytes in, structure out; no IO, no clock, no randomness, no async.

use event_model::{ParsedDocument, Tool};

use crate::{Rejection, Sniffed, Source};

/// One document format.
///
/// ```text
///   bytes ──► Sniffed ──► first parser whose can_parse says yes ──► parse ──► blocks over one text ──► chunks
/// ```
///
/// A parser MUST give the same result for the same bytes and source, MUST build its result with
/// [`crate::DocumentBuilder`] so that ranges and text agree, and MUST raise [`version`](Self::version) whenever its output
/// may change. It SHOULD bound what it allocates by the size of the input; what it fails to bound, the jail does.
pub trait DocumentParser: Send + Sync {
    /// Stable name, such as `markdown`.
    fn name(&self) -> &'static str;

    /// Raised whenever the output may change.
    fn version(&self) -> u32;

    /// The media types it can report, for listings and for `Accept` headers.
    fn media_types(&self) -> &'static [&'static str];

    /// Whether these bytes are this parser's. Looks at the evidence only.
    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool;

    /// Reads the document; the chunks are not yet cut.
    fn parse(&self, bytes: &[u8], source: &Source) -> Result<ParsedDocument, Rejection>;

    /// Name and version.
    fn tool(&self) -> Tool {
        Tool { name: self.name().to_owned(), version: self.version() }
    }
}
