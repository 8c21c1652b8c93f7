//! Walks the chosen parts of a page in reading order and appends blocks. The cap on nesting bounds its recursion.

use event_model::BlockKind;
use scraper::Node;

use super::{
    address::Address,
    article::Choice,
    elements::{heading_level, is_block},
    page::{Page, Part},
};
use crate::{DocumentBuilder, RichText};

mod code;
mod inline;
mod list;
mod picture;
mod table;

/// What the walk needs to know about the page.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) choice: &'a Choice,
    /// What links are resolved against.
    pub(super) address: &'a Address,
    /// The title of the page, which its text says at most once.
    pub(super) title: &'a str,
}

pub(super) struct Walker<'a> {
    builder: &'a mut DocumentBuilder,
    reading: Reading<'a>,
    /// Text of the block being read.
    text: RichText,
    lists: Vec<list::List>,
    /// The item whose first text is still to come.
    item: Option<list::Item>,
    quotes: usize,
    /// The note being read: its mark.
    note: Option<String>,
    /// How many links we are inside of.
    links: usize,
    /// Whether blocks are read as parts of one line.
    flat: bool,
    /// Whether the title was read.
    titled: bool,
    /// How many blocks were ended so far.
    ended: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(builder: &'a mut DocumentBuilder, reading: Reading<'a>) -> Self {
        let (lists, text) = (Vec::new(), RichText::default());
        Self {
            builder,
            reading,
            text,
            lists,
            item: None,
            quotes: 0,
            note: None,
            links: 0,
            flat: false,
            titled: false,
            ended: 0,
        }
    }

    pub(super) fn run(mut self) {
        self.element(self.reading.choice.root);
        self.flush();
    }

    fn part(&self, at: usize) -> &'a Part<'a> {
        self.reading.page.part(at)
    }

    /// Reads what is inside of an element. The parts of the page follow each other as its elements do.
    fn children(&mut self, at: usize) {
        let (mut next, end) = (at + 1, self.part(at).end);
        for child in self.part(at).element.children() {
            if let Node::Text(text) = child.value() {
                self.push(text);
            } else if next < end && self.part(next).element.id() == child.id() {
                self.element(next);
                next = self.part(next).end;
            }
        }
    }

    fn element(&mut self, at: usize) {
        if self.reading.choice.left_out[at] {
            return;
        }
        if code::is_margin(self.part(at).element) {
            return;
        }
        let name = self.part(at).name();
        if self.flat && is_block(name) {
            return self.cell(at);
        }
        if self.signature(at) {
            return;
        }
        if let Some(level) = heading_level(name) {
            return self.heading(at, level);
        }
        match name {
            "br" => self.line_break(),
            "hr" => self.flush(),
            "pre" => self.code(at),
            "ul" | "ol" => self.list(at, name == "ol"),
            "li" => self.list_item(at),
            "blockquote" => self.quote(at),
            "table" => self.table(at),
            "tr" => self.row(at),
            "img" => self.picture(at),
            "figcaption" => self.caption(at),
            name if is_block(name) => self.block(at),
            name => self.phrase(at, name),
        }
    }

    /// A second line break in a row ends the paragraph.
    fn line_break(&mut self) {
        if !self.flat && self.text.as_str().trim_end_matches(' ').ends_with('\n') {
            self.flush();
        } else {
            self.text.push("\n");
        }
    }

    fn block(&mut self, at: usize) {
        self.flush();
        self.children(at);
        self.flush();
    }

    fn quote(&mut self, at: usize) {
        self.flush();
        self.quotes += 1;
        self.children(at);
        self.flush();
        self.quotes -= 1;
    }

    fn heading(&mut self, at: usize, level: u8) {
        self.flush();
        self.children(at);
        self.item = None;
        // Generated documentation marks the link to the section itself with a sign.
        let text = self.text.take().cut(|text| {
            text.trim()
                .trim_end_matches(['¶', '§', '#', '\u{f0c1}'])
                .trim_end()
                .trim_start_matches(['§', '#'])
        });
        let is_title = text.as_str().split_whitespace().eq(self.reading.title.split_whitespace());
        if !(is_title && std::mem::replace(&mut self.titled, true)) {
            self.builder.block(BlockKind::Heading { level }, text, None);
        }
    }

    /// Ends the block being read, as what it is inside of.
    fn flush(&mut self) {
        self.ended += 1;
        // What separated a link that was left out.
        let text = self.text.take().cut(|text| text.trim_end().trim_end_matches([' ', '·']));
        if text.is_blank() {
            return;
        }
        if let Some(mark) = self.note.take() {
            self.builder.block(BlockKind::Footnote, text.behind(&format!("[{mark}] ")), None);
        } else if let Some(item) = self.item.take() {
            self.builder.list_item(item.depth, item.number, item.checked, text, None);
        } else if self.quotes > 0 {
            self.builder.block(BlockKind::Quote { alert: None }, text, None);
        } else {
            self.builder.block(BlockKind::Paragraph, text, None);
        }
    }
}
