//! The paragraph being read, and the table it may be in.

use event_model::{BlockKind, SpanStyle};

use crate::{DocumentBuilder, RichText};

/// Formats that hold until the next reset.
#[derive(Clone, Copy, Default)]
pub(super) struct Format {
    /// From 1.
    pub(super) heading: Option<u8>,
    pub(super) in_table: bool,
    pub(super) depth: u8,
}

/// The text of the body.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: RichText,
    pub(super) format: Format,
    /// The mark that the paragraph shows before its text.
    pub(super) mark: Option<String>,
    /// Where each kind of mark began.
    open: [Option<usize>; 3],
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Body {
    /// Appends text that is marked as told.
    pub(super) fn push(&mut self, text: &str, marks: [bool; 3]) {
        for (at, marked) in marks.into_iter().enumerate() {
            match (marked, self.open[at]) {
                (true, None) => self.open[at] = Some(self.text.place()),
                (false, Some(_)) => self.close(at),
                _ => {}
            }
        }
        self.text.push(text);
    }

    fn close(&mut self, at: usize) {
        if let Some(start) = self.open[at].take() {
            let styles = [SpanStyle::Strong, SpanStyle::Emphasis, SpanStyle::Strikethrough];
            self.text.mark(start, styles[at].clone());
        }
    }

    pub(super) fn take_text(&mut self) -> RichText {
        (0..self.open.len()).for_each(|at| self.close(at));
        self.text.take()
    }

    pub(super) fn end_paragraph(&mut self, builder: &mut DocumentBuilder) {
        if self.format.in_table {
            self.text.push("\n");
            return;
        }
        self.end_table(builder);
        let (text, mark) = (self.take_text(), self.mark.take());
        match (self.format.heading, mark) {
            (Some(level), _) => builder.block(BlockKind::Heading { level: level.clamp(1, 6) }, text, None),
            (None, Some(mark)) => builder.list_item(self.format.depth, number(&mark), None, text, None),
            (None, None) => builder.block(BlockKind::Paragraph, text, None),
        }
    }

    pub(super) fn end_cell(&mut self) {
        let text = self.take_text();
        self.mark = None;
        self.row.push(text.as_str().trim().to_owned());
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    pub(super) fn end_table(&mut self, builder: &mut DocumentBuilder) {
        if !self.row.is_empty() {
            self.end_row();
        }
        if !self.rows.is_empty() {
            builder.table(std::mem::take(&mut self.rows), None);
        }
    }
}

/// The number of a mark such as `3.` or `(4)`; a bullet has none.
fn number(mark: &str) -> Option<u64> {
    mark.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}
