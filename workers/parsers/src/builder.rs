//! Builds a [`ParsedDocument`] block by block and keeps text and ranges in agreement. Not a place for format knowledge.

use event_model::{
    Block, BlockKind, Link, PageNote, ParsedDocument, Span, SpanStyle, Symbol, TextRange, Tool,
};

use crate::{
    Reason, Rejection,
    rich_text::{RichText, clean},
};

const LINKS_MAX: usize = 20_000;
const METADATA_CHARACTERS_MAX: usize = 4096;
/// Marked parts of one block; what is beyond stays text.
const SPANS_MAX: usize = 2_000;
const ATTACHMENTS_MAX: usize = 1_000;
const SYMBOLS_MAX: usize = 20_000;

/// A document in the making.
#[derive(Debug)]
pub struct DocumentBuilder {
    document: ParsedDocument,
    characters: usize,
}

impl DocumentBuilder {
    /// An empty document of a media type, made by `parser`.
    pub fn new(media_type: &str, parser: Tool) -> Self {
        let document =
            ParsedDocument { media_type: media_type.to_owned(), parser, ..ParsedDocument::default() };
        Self { document, characters: 0 }
    }

    /// Appends a block. White space around it is cut (indentation of code is kept), and a block without text is left out.
    /// Links that are marked in it are noted.
    pub fn block(&mut self, kind: BlockKind, text: impl Into<RichText>, page: Option<u32>) {
        let text = text.into();
        let text = match kind {
            BlockKind::Code { .. } => text.cut(trim_lines),
            BlockKind::Heading { .. } => text.on_one_line().cut(str::trim),
            _ => text.cut(str::trim),
        };
        if !text.is_blank() {
            self.append(kind, text, page);
        }
    }

    fn append(&mut self, kind: BlockKind, text: RichText, page: Option<u32>) {
        if !self.document.text.is_empty() {
            self.document.text.push_str("\n\n");
            self.characters += 2;
        }
        let start = self.characters;
        let (text, marked) = text.into_parts();
        for (within, style) in &marked {
            if let SpanStyle::Link { target } = style {
                let shown: String = text.chars().skip(within.start).take(within.len()).collect();
                self.link(&shown, target);
            }
        }
        self.document.text.push_str(&text);
        self.characters += text.chars().count();
        let spans = marked
            .into_iter()
            .map(|(within, style)| Span { range: range(start + within.start, start + within.end), style });
        let mut block = Block::new(kind, range(start, self.characters), page);
        block.spans = spans.take(SPANS_MAX).collect();
        self.document.blocks.push(block);
    }

    /// The block appended last, for what only few formats know: its place on the page, its lines, its language.
    pub fn last_block(&mut self) -> Option<&mut Block> {
        self.document.blocks.last_mut()
    }

    /// Whether nothing but headings was appended.
    pub(crate) fn is_blank_but_headings(&self) -> bool {
        self.document.blocks.iter().all(|block| matches!(block.kind, BlockKind::Heading { .. }))
    }

    /// The text of the block appended last, as it was cleaned and cut.
    pub fn last_text(&self) -> &str {
        let characters = self.document.blocks.last().map_or(0, |block| block.range.end - block.range.start);
        let text = self.document.text.as_str();
        let from = text.char_indices().rev().nth((characters as usize).saturating_sub(1));
        from.map_or("", |(from, _)| &text[from..])
    }

    /// Appends a table: one line a row, cells separated by ` | `. A table without text is left out.
    pub fn table(&mut self, rows: Vec<Vec<String>>, page: Option<u32>) {
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>())
            .filter(|row| row.iter().any(|cell| !cell.is_empty()))
            .collect();
        let text = rows
            .iter()
            .map(|row| row.join(" | ").trim_end_matches([' ', '|']).to_owned())
            .collect::<Vec<_>>()
            .join("\n");
        self.block(BlockKind::Table { rows }, &text, page);
    }

    /// Appends an item of a list. Its number, if it has one, stands before the text as a reader sees it (`3. Mix well`); a
    /// bullet and a box do not.
    pub fn list_item(
        &mut self,
        depth: u8,
        number: Option<u64>,
        checked: Option<bool>,
        text: impl Into<RichText>,
        page: Option<u32>,
    ) {
        let (kind, text) = (BlockKind::ListItem { depth, number, checked }, text.into());
        match number {
            Some(number) if !text.is_blank() => self.block(kind, text.behind(&format!("{number}. ")), page),
            _ => self.block(kind, text, page),
        }
    }

    /// Appends a link; one without a target is left out.
    pub fn link(&mut self, text: &str, target: &str) {
        let target = clean(target.trim());
        if !target.is_empty() && self.document.links.len() < LINKS_MAX {
            self.document.links.push(Link { text: one_line(text), target });
        }
    }

    /// Appends the blocks, links and attachments of a document that was found inside this one.
    pub(crate) fn append_document(&mut self, other: &ParsedDocument) {
        let shift = if self.document.blocks.is_empty() { 0 } else { self.characters + 2 };
        let shift = u32::try_from(shift).unwrap_or(u32::MAX);
        let moved = |range: TextRange| TextRange {
            start: range.start.saturating_add(shift),
            end: range.end.saturating_add(shift),
        };
        if other.blocks.is_empty() {
            return;
        }
        if shift > 0 {
            self.document.text.push_str("\n\n");
        }
        self.document.text.push_str(&other.text);
        self.characters = shift as usize + other.text.chars().count();
        for block in &other.blocks {
            let mut block = block.clone();
            block.range = moved(block.range);
            block.spans.iter_mut().for_each(|span| span.range = moved(span.range));
            block.lines.iter_mut().for_each(|line| line.range = moved(line.range));
            self.document.blocks.push(block);
        }
        other.links.iter().for_each(|link| self.link(&link.text, &link.target));
        other.attachments.iter().for_each(|name| self.attachment(name));
    }

    /// States the title; the first one stated stays.
    pub fn title(&mut self, title: &str) {
        let title = one_line(title);
        if self.document.title.is_none() && !title.is_empty() {
            self.document.title = Some(title);
        }
    }

    /// Notes what the format's metadata says; the first value of a name stays.
    pub fn metadata(&mut self, name: &str, value: &str) {
        let value: String = one_line(value).chars().take(METADATA_CHARACTERS_MAX).collect();
        if !value.is_empty() {
            self.document.metadata.entry(one_line(name).to_lowercase()).or_insert(value);
        }
    }

    /// States the number of pages.
    pub fn pages(&mut self, pages: u32) {
        self.document.pages = Some(pages);
    }

    /// Notes how a page was read.
    pub fn page_note(&mut self, note: PageNote) {
        self.document.page_notes.push(note);
    }

    /// Notes what source code declares.
    pub fn symbol(&mut self, symbol: Symbol) {
        if self.document.symbols.len() < SYMBOLS_MAX {
            self.document.symbols.push(symbol);
        }
    }

    /// Notes the name of a file that is embedded in the document.
    pub fn attachment(&mut self, name: &str) {
        let name = one_line(name);
        if !name.is_empty() && self.document.attachments.len() < ATTACHMENTS_MAX {
            self.document.attachments.push(name);
        }
    }

    /// The document, or `no_text` when no block was appended. Without a stated title the first heading of level 1, or a
    /// heading that opens the document, is the title.
    pub fn finish(mut self) -> Result<ParsedDocument, Rejection> {
        if self.document.blocks.is_empty() {
            return Err(Rejection::new(
                Reason::NoText,
                "the document holds no text; there is nothing to learn from it",
            ));
        }
        if self.document.title.is_none() {
            self.document.title = self.shown_title();
        }
        Ok(self.document)
    }

    fn shown_title(&self) -> Option<String> {
        let is_title = |(at, block): &(usize, &Block)| match block.kind {
            BlockKind::Heading { level } => level == 1 || *at == 0,
            _ => false,
        };
        let (_, block) = self.document.blocks.iter().enumerate().take(50).find(is_title)?;
        let (start, end) = (block.range.start as usize, block.range.end as usize);
        Some(self.document.text.chars().skip(start).take(end - start).collect())
    }
}

fn range(start: usize, end: usize) -> TextRange {
    let place = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    TextRange { start: place(start), end: place(end) }
}

fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts empty lines at both ends and white space at the very end; the first line keeps its indentation.
fn trim_lines(text: &str) -> &str {
    let text = text.trim_end();
    let first = text.len() - text.trim_start().len();
    match text[..first].rfind('\n') {
        Some(end) => &text[end + 1..],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_found_at_its_range() {
        let mut builder = DocumentBuilder::new("text/plain", Tool::default());
        builder.block(BlockKind::Heading { level: 1 }, " Über\r\nuns ", None);
        builder.block(BlockKind::Paragraph, "  \n ", None);
        builder.block(BlockKind::Code { language: None }, "\n\n    let x = \"ß\";\n", Some(2));
        builder.table(vec![vec!["a\nb".into(), "1".into()], vec![String::new(), " ".into()]], None);
        builder.block(BlockKind::Paragraph, "nul\0l", None);
        let document = builder.finish().unwrap();
        let texts: Vec<String> =
            document.blocks.iter().map(|block| slice(&document.text, block.range)).collect();
        assert_eq!(texts, ["Über uns", "    let x = \"ß\";", "a b | 1", "null"]);
        assert_eq!(document.text, texts.join("\n\n"));
        assert_eq!(document.title.as_deref(), Some("Über uns"));
    }

    #[test]
    fn a_document_without_text_is_rejected() {
        let builder = DocumentBuilder::new("text/plain", Tool::default());
        assert_eq!(builder.finish().unwrap_err().reason, Reason::NoText);
    }

    fn slice(text: &str, range: TextRange) -> String {
        text.chars().skip(range.start as usize).take((range.end - range.start) as usize).collect()
    }
}
