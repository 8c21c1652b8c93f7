//! reStructuredText: sections, lists, tables, code, directives, footnotes, links and fields, read line by line. Nothing is included
//! and no directive is run: what one holds is read as text, unless its name says otherwise.

use event_model::ParsedDocument;

use self::reader::Reader;
use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset};

mod directive;
mod inline;
mod lines;
mod reader;
mod table;

const MEDIA_TYPE: &str = "text/x-rst";

/// See the module.
#[derive(Debug)]
pub(crate) struct Rst;

impl DocumentParser for Rst {
    fn name(&self) -> &'static str {
        "rst"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.is_text && matches!(sniffed.extension.as_str(), "rst" | "rest")
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, None);
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        let lines = lines::of(&text);
        Reader::new(&lines, &mut builder).read(&lines);
        builder.finish()
    }
}
