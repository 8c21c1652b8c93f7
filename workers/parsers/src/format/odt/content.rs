//! Reads the body: a machine that knows which paragraph, cell, note or text box it is inside of.

use event_model::{BlockKind, SpanStyle};

use super::{
    list::Lists,
    styles::{ParagraphKind, Styles},
};
use crate::{
    DocumentBuilder, Rejection, RichText,
    format::{
        grid::Grid,
        xml::{self, Element, Item},
    },
};

/// Elements whose contents are no part of the text.
const SKIPPED: &[&str] = &[
    "tracked-changes",
    "forms",
    "scripts",
    "sequence-decls",
    "variable-decls",
    "automatic-styles",
    "note-citation",
];
const SPACES_MAX: usize = 1_000;

enum Holder {
    Body,
    Cell,
    TextBox,
    Note { mark: String },
    Annotation { author: String },
}

/// What text is collected for, and the text.
struct Frame {
    holder: Holder,
    text: RichText,
    /// Where open marks began; `None` where nothing is marked.
    marks: Vec<(usize, Vec<SpanStyle>)>,
    in_paragraph: bool,
    kind: BlockKind,
}

impl Frame {
    fn new(holder: Holder) -> Self {
        Self {
            holder,
            text: RichText::default(),
            marks: Vec::new(),
            in_paragraph: false,
            kind: BlockKind::Paragraph,
        }
    }
}

pub(super) struct Content<'a> {
    styles: &'a Styles,
    builder: &'a mut DocumentBuilder,
    frames: Vec<Frame>,
    lists: Lists,
    tables: Vec<Grid>,
    /// Blocks that stand inside of a paragraph and follow it.
    later: Vec<(BlockKind, RichText)>,
    notes: Vec<RichText>,
    code: RichText,
    skipped: usize,
    /// Collects what an element says that is no text of the document.
    aside: Option<String>,
}

impl<'a> Content<'a> {
    pub(super) fn new(styles: &'a Styles, builder: &'a mut DocumentBuilder) -> Self {
        Self {
            styles,
            builder,
            frames: vec![Frame::new(Holder::Body)],
            lists: Lists::default(),
            tables: Vec::new(),
            later: Vec::new(),
            notes: Vec::new(),
            code: RichText::default(),
            skipped: 0,
            aside: None,
        }
    }

    pub(super) fn read(mut self, text: &str) -> Result<(), Rejection> {
        xml::items(text, |item| self.item(&item))?;
        self.end_code();
        for note in std::mem::take(&mut self.notes) {
            self.builder.block(BlockKind::Footnote, note, None);
        }
        Ok(())
    }

    fn item(&mut self, item: &Item<'_>) -> Result<(), Rejection> {
        match item {
            Item::Start(element) if self.skipped > 0 || SKIPPED.contains(&element.local()) => {
                self.skipped += 1;
            }
            Item::End(_) if self.skipped > 0 => self.skipped -= 1,
            Item::Start(element) => self.start(element),
            Item::End(local) => self.end(local)?,
            Item::Text(_) if self.skipped > 0 => {}
            Item::Text(part) => match (&mut self.aside, self.frames.last_mut()) {
                (Some(aside), _) => aside.push_str(part),
                (None, Some(frame)) if frame.in_paragraph => push_collapsed(&mut frame.text, part),
                _ => {}
            },
        }
        Ok(())
    }

    fn start(&mut self, element: &Element<'_>) {
        match element.local() {
            "p" | "h" => self.start_paragraph(element),
            "span" => {
                self.open_marks(self.styles.marks(&element.attribute("style-name").unwrap_or_default()));
            }
            "a" => {
                let target = element.attribute("href").filter(|target| !target.is_empty());
                self.open_marks(target.map(|target| SpanStyle::Link { target }).into_iter().collect());
            }
            "s" => self.push(&" ".repeat(count(element, "c").clamp(1, SPACES_MAX))),
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "list" => self.lists.start(element, self.styles),
            "list-item" => self.lists.start_item(element),
            "note" => {
                let mark = (self.notes.len() + self.open_notes() + 1).to_string();
                self.push(&format!("[{mark}]"));
                self.frames.push(Frame::new(Holder::Note { mark }));
            }
            "annotation" => self.frames.push(Frame::new(Holder::Annotation { author: String::new() })),
            "text-box" => self.frames.push(Frame::new(Holder::TextBox)),
            "title" | "desc" | "creator" | "date" => self.aside = Some(String::new()),
            "table" => {
                self.end_code();
                self.tables.push(Grid::default());
            }
            "table-row" => self.tables.last_mut().into_iter().for_each(Grid::start_row),
            "table-cell" | "covered-table-cell" => self.start_cell(element),
            _ => {}
        }
    }

    fn end(&mut self, local: &str) -> Result<(), Rejection> {
        match local {
            "p" | "h" => self.end_paragraph(),
            "span" | "a" => self.close_marks(),
            "list" => self.lists.end(),
            "note" | "annotation" | "text-box" => self.end_frame(),
            "title" | "desc" | "creator" | "date" => self.end_aside(local),
            "table-cell" | "covered-table-cell" => self.end_cell()?,
            "table" => self.end_table(),
            _ => {}
        }
        Ok(())
    }

    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    fn push(&mut self, text: &str) {
        if let Some(frame) = self.frame().filter(|frame| frame.in_paragraph) {
            frame.text.push(text);
        }
    }

    fn open_notes(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame.holder, Holder::Note { .. })).count()
    }

    fn open_marks(&mut self, marks: Vec<SpanStyle>) {
        if let Some(frame) = self.frame() {
            let place = frame.text.place();
            frame.marks.push((place, marks));
        }
    }

    fn close_marks(&mut self) {
        let Some(frame) = self.frame() else { return };
        if let Some((start, marks)) = frame.marks.pop() {
            for mark in marks {
                frame.text.mark(start, mark);
            }
        }
    }

    fn start_paragraph(&mut self, element: &Element<'_>) {
        let style = element.attribute("style-name").unwrap_or_default();
        let kind = match self.styles.paragraph(&style) {
            _ if element.is("h") => BlockKind::Heading { level: level(count(element, "outline-level")) },
            ParagraphKind::Title => BlockKind::Heading { level: 1 },
            ParagraphKind::Code => BlockKind::Code { language: None },
            ParagraphKind::Quote => BlockKind::Quote { alert: None },
            ParagraphKind::Plain => BlockKind::Paragraph,
        };
        let Some(frame) = self.frame() else { return };
        if !frame.text.as_str().is_empty() {
            frame.text.push("\n");
        }
        (frame.in_paragraph, frame.kind) = (true, kind);
    }

    fn end_paragraph(&mut self) {
        let Some(frame) = self.frame() else { return };
        frame.in_paragraph = false;
        let kind = frame.kind.clone();
        match frame.holder {
            Holder::Body => {
                let text = frame.text.take();
                self.append(kind, text);
                for (kind, text) in std::mem::take(&mut self.later) {
                    self.append(kind, text);
                }
            }
            Holder::TextBox => {
                let text = frame.text.take();
                self.later.push((kind, text));
            }
            Holder::Cell | Holder::Note { .. } | Holder::Annotation { .. } => {}
        }
    }

    /// Lines of code that follow each other are one block.
    fn append(&mut self, kind: BlockKind, text: RichText) {
        if let BlockKind::Code { .. } = kind {
            self.code.append(&text);
            self.code.push("\n");
            return;
        }
        self.end_code();
        match (kind, self.lists.take_item()) {
            (BlockKind::Paragraph, Some((depth, number))) => {
                self.builder.list_item(depth, number, None, text, None);
            }
            (kind, _) => self.builder.block(kind, text, None),
        }
    }

    fn end_code(&mut self) {
        let code = self.code.take();
        self.builder.block(BlockKind::Code { language: None }, code, None);
    }

    fn end_frame(&mut self) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        match frame.holder {
            Holder::Note { mark } => {
                let mut note = RichText::from(format!("[{mark}] ").as_str());
                note.append(&frame.text);
                self.notes.push(note);
            }
            Holder::Annotation { author } => {
                let author = Some(author).filter(|author| !author.is_empty());
                self.later.push((BlockKind::Comment { author }, frame.text));
            }
            Holder::Body | Holder::Cell | Holder::TextBox => {}
        }
    }

    /// A picture reads as the words for it.
    fn end_aside(&mut self, local: &str) {
        let said = self.aside.take().unwrap_or_default();
        match (local, self.frame()) {
            ("creator", Some(Frame { holder: Holder::Annotation { author }, .. })) => *author = said,
            ("desc", Some(_)) if !said.trim().is_empty() => self.push(&format!("[{}]", said.trim())),
            _ => {}
        }
    }

    fn start_cell(&mut self, element: &Element<'_>) {
        let Some(table) = self.tables.last_mut() else { return };
        table.start_cell(count(element, "number-columns-repeated").max(1));
        self.frames.push(Frame::new(Holder::Cell));
    }

    fn end_cell(&mut self) -> Result<(), Rejection> {
        if !matches!(self.frames.last(), Some(Frame { holder: Holder::Cell, .. })) {
            return Ok(());
        }
        let text = self.frames.pop().map(|frame| frame.text).unwrap_or_default();
        match self.tables.last_mut() {
            Some(table) => table.end_cell(text.as_str()),
            None => Ok(()),
        }
    }

    /// A table inside a cell becomes text of the cell.
    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        match self.frame() {
            Some(frame) if matches!(frame.holder, Holder::Body) => {
                self.builder.table(table.into_rows(), None);
            }
            Some(frame) => {
                if !frame.text.as_str().is_empty() {
                    frame.text.push("\n");
                }
                frame.text.push(&table.into_text());
            }
            None => {}
        }
        for (kind, text) in std::mem::take(&mut self.later) {
            self.append(kind, text);
        }
    }
}

fn count(element: &Element<'_>, name: &str) -> usize {
    element.attribute(name).and_then(|value| value.parse().ok()).unwrap_or_default()
}

fn level(outline: usize) -> u8 {
    u8::try_from(outline.clamp(1, 6)).unwrap_or(6)
}

/// White space in the file counts as one space at most.
fn push_collapsed(text: &mut RichText, part: &str) {
    let mut after_space = text.as_str().ends_with([' ', '\n']);
    for piece in part.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        text.push(word);
        let space = word.len() < piece.len();
        if space && !(word.is_empty() && after_space) {
            text.push(" ");
        }
        after_space = space;
    }
}
