//! Plain text: paragraphs by empty lines. Takes whatever is text and nobody else's.

use event_model::{BlockKind, ParsedDocument};

use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset};

/// See the module.
#[derive(Debug)]
pub(crate) struct PlainText;

impl DocumentParser for PlainText {
    fn name(&self) -> &'static str {
        "plain_text"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["text/plain"]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.is_text
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, None);
        let mut builder = DocumentBuilder::new("text/plain", self.tool());
        builder.metadata("charset", charset);
        let mut paragraph = String::new();
        for line in text.lines() {
            if line.trim().is_empty() {
                builder.block(BlockKind::Paragraph, &paragraph, None);
                paragraph.clear();
            } else {
                paragraph.push_str(line.trim_end());
                paragraph.push('\n');
            }
        }
        builder.block(BlockKind::Paragraph, &paragraph, None);
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_the_paragraphs() {
        let text = b"First line\r\nstill first.\r\n \r\n\r\nSecond.\n";
        let document = PlainText.parse(text, &Source::named("a.txt")).unwrap();
        assert_eq!(document.text, "First line\nstill first.\n\nSecond.");
        assert_eq!(document.blocks.len(), 2);
    }
}
