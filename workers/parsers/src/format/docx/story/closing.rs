//! What becomes of paragraphs, cells and tables when they end.

use event_model::{BlockKind, SpanStyle};

use super::{
    super::{
        numbering::{Listed, NumberingRef},
        paragraph::Paragraph,
        styles::{Role, Styles},
        table::Table,
        xml::Element,
    },
    Piece, Reader, Story,
};
use crate::RichText;

/// What a paragraph's properties make of it.
pub(super) fn role(paragraph: &Paragraph, styles: &Styles<'_>) -> Role {
    match paragraph.outline_level {
        Some(level @ 0..=8) => Role::Heading(level.min(5) + 1),
        _ => styles.role(paragraph.style.as_deref().unwrap_or_default()),
    }
}

impl Reader<'_> {
    pub(super) fn finish(mut self) -> Story {
        self.flush();
        self.story
    }

    pub(super) fn end_paragraph(&mut self) {
        let depth = self.paragraphs.len();
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        self.fields.end_paragraph(depth, |start, target| paragraph.link_from(start, target.to_owned()));
        if self.hidden > 0 {
            return;
        }
        if paragraph.joins_next {
            self.carried.append(&paragraph.finish());
            return;
        }
        let role = role(&paragraph, self.context.styles);
        if role == Role::Code && self.tables.is_empty() {
            self.code.push(paragraph.finish());
            return;
        }
        let listed = self.listed(&paragraph);
        let formula = paragraph.is_formula();
        let text = paragraph.finish();
        if text.is_blank() {
            return;
        }
        let (number, text) = numbered(listed.as_ref(), text);
        if let Some(cell) = self.tables.last_mut().and_then(Table::cell) {
            let text = match number {
                Some(number) => text.behind(&format!("{number}. ")),
                None => text,
            };
            push_to_cell(text, cell, &mut self.table_links);
            return;
        }
        self.flush_code();
        let piece = match role {
            Role::Heading(level) => Piece::Block(BlockKind::Heading { level }, heading(number, text)),
            Role::Title => Piece::Title(text),
            Role::Quote if listed.is_none() => Piece::Block(BlockKind::Quote { alert: None }, text),
            Role::Quote | Role::Code | Role::Plain => match listed {
                Some(listed) => Piece::Item { depth: listed.depth, number, text },
                None if formula => Piece::Block(BlockKind::Equation, text),
                None => Piece::Block(BlockKind::Paragraph, text),
            },
        };
        self.append(piece);
    }

    /// The place in a list that the paragraph takes, which counts even if the paragraph is empty.
    fn listed(&self, paragraph: &Paragraph) -> Option<Listed> {
        let (styles, style) = (self.context.styles, paragraph.style.as_deref().unwrap_or_default());
        let from_style = styles.numbering(style);
        let reference = NumberingRef {
            id: paragraph.numbering.id.clone().or(from_style.id),
            level: paragraph.numbering.level.or(from_style.level),
        };
        self.context.numbering.next(&reference, style, |style| styles.numbering(style))
    }

    /// Appends a piece, and the comments on it behind it.
    fn append(&mut self, piece: Piece) {
        self.story.pieces.push(piece);
        self.story.pieces.extend(self.comments.drain(..).map(Piece::Comment));
    }

    fn flush_code(&mut self) {
        if self.code.is_empty() {
            return;
        }
        let code = lines(self.code.drain(..));
        if !code.is_blank() {
            self.append(Piece::Block(BlockKind::Code { language: None }, code));
        }
    }

    /// Nothing that is open goes on behind this place.
    fn flush(&mut self) {
        self.flush_code();
        let carried = self.carried.take();
        if !carried.is_blank() {
            self.append(Piece::Block(BlockKind::Paragraph, carried));
        }
        self.story.pieces.extend(self.comments.drain(..).map(Piece::Comment));
    }

    pub(super) fn start_entry(&mut self, element: &Element<'_>) {
        self.flush();
        let id = element.attribute("id").unwrap_or_default();
        self.story.pieces.push(Piece::Entry { id, author: element.attribute("author") });
    }

    pub(super) fn start_table(&mut self) {
        if self.tables.is_empty() {
            self.flush();
        }
        self.tables.push(Table::default());
    }

    pub(super) fn start_in_table(&mut self, local: &str) {
        let start = if local == "tr" { Table::start_row } else { Table::start_cell };
        self.with_table(start);
    }

    pub(super) fn table_property(&mut self, element: &Element<'_>) {
        if let Some(table) = self.tables.last_mut() {
            table.property(element, &mut self.covered_left);
        }
    }

    pub(super) fn end_cell(&mut self) {
        let carried = self.carried.take();
        let Some(table) = self.tables.last_mut() else { return };
        if let Some(cell) = table.cell() {
            push_to_cell(carried, cell, &mut self.table_links);
        }
        table.end_cell(&mut self.covered_left);
    }

    pub(super) fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if self.hidden > 0 {
            return;
        }
        match self.tables.last_mut() {
            None => {
                let links = std::mem::take(&mut self.table_links);
                self.append(Piece::Table(table.into_rows(), links));
            }
            Some(outer) => {
                let text = table.into_rows().into_iter().flatten().filter(|cell| !cell.trim().is_empty());
                if let Some(cell) = outer.cell() {
                    cell.push_str(&text.collect::<Vec<_>>().join(" "));
                    cell.push('\n');
                }
            }
        }
    }
}

/// The number that the model has a place for; any other (`b)`, `2.1`) goes before the text.
fn numbered(listed: Option<&Listed>, text: RichText) -> (Option<u64>, RichText) {
    let Some(Listed { number: Some(number), label, .. }) = listed else { return (None, text) };
    if label.trim_matches(|sign: char| !sign.is_alphanumeric()) == number.to_string() {
        return (Some(*number), text);
    }
    let text = if label.is_empty() { text } else { text.behind(&format!("{label} ")) };
    (None, text)
}

fn heading(number: Option<u64>, text: RichText) -> RichText {
    match number {
        Some(number) => text.behind(&format!("{number}. ")),
        None => text,
    }
}

fn push_to_cell(text: RichText, cell: &mut String, links: &mut Vec<(String, String)>) {
    let (text, marks) = text.into_parts();
    for (range, style) in marks {
        if let SpanStyle::Link { target } = style {
            links.push((text.chars().skip(range.start).take(range.len()).collect(), target));
        }
    }
    cell.push_str(&text);
    cell.push('\n');
}

/// Texts under each other.
pub(super) fn lines(texts: impl Iterator<Item = RichText>) -> RichText {
    let mut all = RichText::default();
    for (at, text) in texts.enumerate() {
        if at > 0 {
            all.push("\n");
        }
        all.append(&text);
    }
    all
}
