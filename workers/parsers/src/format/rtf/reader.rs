//! Turns tokens into blocks: a stack of groups over one body.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};
use event_model::{BlockKind, SpanStyle};

use super::{
    charsets,
    group::{self, Destination, Group},
    paragraph::{Body, Format},
    tokens::Token,
    too_deep,
};
use crate::{DocumentBuilder, Rejection, RichText};

/// Word nests some twenty groups.
const GROUPS_MAX: usize = 2_000;

pub(super) struct Reader<'a> {
    builder: &'a mut DocumentBuilder,
    groups: Vec<Group>,
    group: Group,
    /// Whether the group just opened says that those who do not know it shall skip it.
    optional: bool,
    body: Body,
    code_page: &'static Encoding,
    fonts: BTreeMap<i32, &'static Encoding>,
    font: i32,
    /// Heading levels of styles by their numbers.
    styles: BTreeMap<i32, u8>,
    style: i32,
    /// Bytes that are not decoded yet, and characters still to be skipped.
    bytes: Vec<u8>,
    skip: usize,
    surrogate: Option<u32>,
    /// Text that is not of the body: of a property, a style's name, a field's instruction.
    aside: String,
    date: [i32; 3],
    link: Option<String>,
    notes: Vec<RichText>,
    /// The body's text while a note is read.
    outside: Option<RichText>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(builder: &'a mut DocumentBuilder) -> Self {
        Self {
            builder,
            groups: Vec::new(),
            group: Group::new(),
            optional: false,
            body: Body::default(),
            code_page: WINDOWS_1252,
            fonts: BTreeMap::new(),
            font: 0,
            styles: BTreeMap::new(),
            style: 0,
            bytes: Vec::new(),
            skip: 0,
            surrogate: None,
            aside: String::new(),
            date: [0; 3],
            link: None,
            notes: Vec::new(),
            outside: None,
        }
    }

    pub(super) fn read(&mut self, token: Token<'_>) -> Result<(), Rejection> {
        if let Token::Byte(byte) = token {
            match self.skip {
                0 => self.bytes.push(byte),
                _ => self.skip -= 1,
            }
            return Ok(());
        }
        self.decode();
        match token {
            Token::Open => {
                if self.groups.len() >= GROUPS_MAX {
                    return Err(too_deep());
                }
                self.groups.push(self.group);
                (self.group.field_start, self.skip) = (None, 0);
            }
            Token::Close => self.close(),
            Token::Sign(b'*') => self.optional = true,
            Token::Sign(b'~') => self.text(" "),
            Token::Sign(b'_') => self.text("-"),
            Token::Word(word, number) => self.word(word, number),
            Token::Sign(_) | Token::Byte(_) => {}
        }
        Ok(())
    }

    /// Decodes the bytes so far; characters of more than one byte are whole by now.
    fn decode(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let encoding = self.group.encoding.unwrap_or(self.code_page);
        let bytes = std::mem::take(&mut self.bytes);
        let (text, _) = encoding.decode_without_bom_handling(&bytes);
        self.text(&text);
    }

    fn text(&mut self, text: &str) {
        self.optional = false;
        match self.group.destination {
            Destination::Body | Destination::Footnote if !self.group.hidden => {
                self.body.push(text, self.group.marks);
            }
            Destination::Styles | Destination::Property(_) | Destination::Mark | Destination::Instruction => {
                self.aside.push_str(text);
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        let optional = std::mem::take(&mut self.optional);
        if self.group.destination == Destination::Skipped {
            return;
        }
        let on = number != Some(0);
        if let Some(destination) = group::destination(word) {
            return self.open(destination);
        }
        if optional && !group::is_text_all_the_same(word) {
            // A style for characters, which is optional and no destination.
            if self.group.destination != Destination::Styles {
                self.group.destination = Destination::Skipped;
            }
            return;
        }
        match word {
            b"u" => self.unicode(number.unwrap_or_default()),
            b"uc" => self.group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(0).min(16),
            b"ansicpg" => self.code_page = number.and_then(charsets::of_code_page).unwrap_or(self.code_page),
            b"f" => {
                self.font = number.unwrap_or_default();
                self.group.encoding = self.fonts.get(&self.font).copied();
            }
            b"fcharset" => {
                let encoding = number.and_then(charsets::of_font);
                encoding.and_then(|encoding| self.fonts.insert(self.font, encoding));
            }
            b"b" => self.group.marks[0] = on,
            b"i" => self.group.marks[1] = on,
            b"strike" => self.group.marks[2] = on,
            b"v" | b"deleted" => self.group.hidden = on,
            b"plain" => self.group.marks = [false; 3],
            b"s" => {
                self.style = number.unwrap_or_default();
                if self.group.destination == Destination::Body {
                    self.body.format.heading = self.styles.get(&self.style).copied();
                }
            }
            b"outlinelevel" if self.group.destination == Destination::Body => {
                let level = number.and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 9);
                self.body.format.heading = level.map(|level| level + 1).or(self.body.format.heading);
            }
            b"yr" => self.date[0] = number.unwrap_or_default(),
            b"mo" => self.date[1] = number.unwrap_or_default(),
            b"dy" => self.date[2] = number.unwrap_or_default(),
            b"fldrslt" => self.group.field_start = Some(self.body.text.place()),
            b"chftn" if self.outside.is_none() => self.text(&format!("[{}]", self.notes.len() + 1)),
            b"nofpages" => {
                if let Some(pages) =
                    number.and_then(|pages| u32::try_from(pages).ok()).filter(|pages| *pages > 0)
                {
                    self.builder.pages(pages);
                }
            }
            _ => self.layout(word, number),
        }
    }

    /// Words that end or shape a paragraph, and those that stand for a character.
    fn layout(&mut self, word: &[u8], number: Option<i32>) {
        let in_body = self.group.destination == Destination::Body;
        match word {
            b"pard" if in_body => self.body.format = Format::default(),
            b"intbl" if in_body => self.body.format.in_table = true,
            b"ilvl" if in_body => {
                self.body.format.depth =
                    number.and_then(|depth| u8::try_from(depth).ok()).unwrap_or(0).min(8);
            }
            b"par" | b"sect" | b"page" if in_body => self.body.end_paragraph(self.builder),
            b"cell" | b"nestcell" if in_body => self.body.end_cell(),
            b"row" | b"nestrow" if in_body => self.body.end_row(),
            b"par" | b"line" | b"lbr" => self.text("\n"),
            b"tab" => self.text("\t"),
            b"emdash" => self.text("—"),
            b"endash" => self.text("–"),
            b"lquote" => self.text("‘"),
            b"rquote" => self.text("’"),
            b"ldblquote" => self.text("“"),
            b"rdblquote" => self.text("”"),
            b"bullet" => self.text("•"),
            b"emspace" | b"enspace" | b"qmspace" => self.text(" "),
            _ => {}
        }
    }

    fn open(&mut self, destination: Destination) {
        // In a footnote and its like only the text counts, in a table of fonts only the fonts.
        match destination {
            Destination::Footnote if self.outside.is_none() => {
                self.outside = Some(self.body.take_text());
            }
            Destination::Footnote => return,
            _ => {}
        }
        self.aside.clear();
        self.date = [0; 3];
        self.group.destination = destination;
    }

    fn close(&mut self) {
        let closed = self.group;
        let Some(outer) = self.groups.pop() else { return };
        self.group = outer;
        (self.skip, self.optional) = (0, false);
        match closed.destination {
            Destination::Styles => self.end_style(),
            same if same == outer.destination => {}
            Destination::Property(name) => self.end_property(name),
            Destination::Mark => self.body.mark = Some(std::mem::take(&mut self.aside)),
            Destination::Instruction => self.link = target(&self.aside),
            Destination::Footnote => self.end_note(),
            _ => {}
        }
        if let (Some(start), Some(target)) =
            (closed.field_start, closed.field_start.and_then(|_| self.link.take()))
        {
            self.body.text.mark(start, SpanStyle::Link { target });
        }
    }

    /// A style is told by its name, which a `;` ends.
    fn end_style(&mut self) {
        let name = std::mem::take(&mut self.aside).to_lowercase();
        let level =
            name.trim_end_matches(';').trim().strip_prefix("heading ").and_then(|level| level.parse().ok());
        if let Some(level) = level {
            self.styles.insert(self.style, level);
        }
        self.style = 0;
    }

    fn end_property(&mut self, name: &'static str) {
        let said = std::mem::take(&mut self.aside);
        let [year, month, day] = self.date;
        let value = if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { said };
        if name == "title" {
            self.builder.title(&value);
        }
        self.builder.metadata(name, &value);
    }

    fn end_note(&mut self) {
        let note = self.body.take_text();
        let Some(outside) = self.outside.take() else { return };
        self.body.text = outside;
        let mark = format!("[{}]", self.notes.len() + 1);
        if !self.body.text.as_str().ends_with(&mark) {
            self.body.text.push(&mark);
        }
        self.notes.push(note.behind(&format!("{mark} ")));
    }

    fn unicode(&mut self, number: i32) {
        self.skip = self.group.fallback;
        let unit = u32::try_from(number.rem_euclid(65_536)).unwrap_or_default();
        let code = match (self.surrogate.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.surrogate = Some(unit);
                return;
            }
            (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
            _ => unit,
        };
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.text(character.encode_utf8(&mut [0; 4]));
    }

    pub(super) fn finish(mut self) {
        self.decode();
        if self.outside.is_some() {
            self.end_note();
        }
        self.body.format.in_table = false;
        if self.body.text.is_blank() {
            self.body.end_table(self.builder);
        } else {
            self.body.end_paragraph(self.builder);
        }
        for note in self.notes {
            self.builder.block(BlockKind::Footnote, note, None);
        }
    }
}

/// Where a field leads, if it is a link.
fn target(instruction: &str) -> Option<String> {
    let rest = instruction.trim_start().strip_prefix("HYPERLINK")?.trim_start();
    let (local, rest) = match rest.strip_prefix("\\l") {
        Some(rest) => ("#", rest.trim_start()),
        None => ("", rest),
    };
    let target = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    };
    target.map(|target| format!("{local}{target}"))
}
