//! From the document model to a draft: how the built-in parsers speak the protocol.

use event_model::{Block, Line, ParsedDocument, Span, TextRange};

use super::{Answer, Draft, DraftBlock, Refusal};
use crate::Rejection;

impl From<Result<ParsedDocument, Rejection>> for Answer {
    fn from(parsed: Result<ParsedDocument, Rejection>) -> Self {
        match parsed {
            Ok(document) => Self::Document(Box::new(Draft::from(document))),
            Err(Rejection { reason, detail }) => Self::Rejected { rejected: Refusal { reason, detail } },
        }
    }
}

impl From<ParsedDocument> for Draft {
    fn from(document: ParsedDocument) -> Self {
        let mut rest = Characters { text: &document.text, at: 0 };
        let blocks = document.blocks.into_iter().map(|block| draft_of(block, &mut rest)).collect();
        Self {
            media_type: Some(document.media_type),
            title: document.title,
            pages: document.pages,
            language: document.language,
            metadata: document.metadata,
            blocks,
            links: Some(document.links),
            page_notes: document.page_notes,
            symbols: document.symbols,
            attachments: document.attachments,
        }
    }
}

fn draft_of(block: Block, rest: &mut Characters<'_>) -> DraftBlock {
    let from = block.range.start;
    let text = rest.up_to(block.range).to_owned();
    let within = |range: TextRange| TextRange {
        start: range.start.saturating_sub(from),
        end: range.end.saturating_sub(from),
    };
    let spans = block.spans.into_iter().map(|span| Span { range: within(span.range), style: span.style });
    let lines = block.lines.into_iter().map(|line| Line { range: within(line.range), bounds: line.bounds });
    DraftBlock {
        text: Some(text),
        page: block.page,
        bounds: block.bounds,
        text_language: block.language,
        spans: spans.collect(),
        lines: lines.collect(),
        first_line: block.first_line,
        syntax_error: block.syntax_error,
        kind: block.kind,
    }
}

/// What is left of a text whose ranges are asked for in order.
struct Characters<'a> {
    text: &'a str,
    at: u32,
}

impl<'a> Characters<'a> {
    fn up_to(&mut self, range: TextRange) -> &'a str {
        self.skip(range.start.saturating_sub(self.at));
        self.skip(range.end.saturating_sub(range.start))
    }

    fn skip(&mut self, characters: u32) -> &'a str {
        let end = self.text.char_indices().nth(characters as usize).map_or(self.text.len(), |(end, _)| end);
        let (skipped, rest) = self.text.split_at(end);
        (self.text, self.at) = (rest, self.at + characters);
        skipped
    }
}
