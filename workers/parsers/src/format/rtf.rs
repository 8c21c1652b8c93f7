//! RTF: text in nested groups, read token by token: headings by style and outline level, lists with the marks they show, tables,
//! links, footnotes. Hidden and deleted text is left out, as are headers, footers and pictures.

use event_model::ParsedDocument;

use self::reader::Reader;
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source};

mod charsets;
mod group;
mod paragraph;
mod reader;
mod tokens;

const MEDIA_TYPE: &str = "application/rtf";

/// See the module.
#[derive(Debug)]
pub(crate) struct Rtf;

impl DocumentParser for Rtf {
    fn name(&self) -> &'static str {
        "rtf"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.head.trim_ascii_start().starts_with(b"{\\rtf")
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        let mut reader = Reader::new(&mut builder);
        for token in tokens::Tokens::new(bytes) {
            reader.read(token)?;
        }
        reader.finish();
        builder.finish()
    }
}

fn too_deep() -> Rejection {
    Rejection::new(
        Reason::TooComplex,
        "the file nests its groups beyond any real document; save it again in a word processor",
    )
}
