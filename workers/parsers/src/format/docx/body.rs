//! The main part: paragraphs, lists, tables, links and references to notes, in one pass without recursion.

use event_model::BlockKind;

use super::{
    notes::NoteRef,
    numbering::{Numbering, NumberingRef},
    package::Relationships,
    styles::{Role, Styles},
    xml::{self, Element, Item},
};
use crate::{DocumentBuilder, Reason, Rejection};

/// A paragraph being read; text boxes put paragraphs inside paragraphs.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    outline_level: Option<u8>,
    numbering: NumberingRef,
    /// Where the text of each open hyperlink starts, and where it leads.
    links: Vec<(usize, Option<String>)>,
}

/// A table being read. A table inside a cell becomes text of the cell.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    cell: Option<String>,
}

pub(super) struct Body<'a> {
    builder: &'a mut DocumentBuilder,
    styles: &'a Styles,
    numbering: &'a Numbering,
    parts: &'a Relationships,
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    /// Lines of consecutive paragraphs in a code style.
    code: Vec<String>,
    notes: Vec<NoteRef>,
    in_text: bool,
    /// How many open elements hide what is in them: deletions, and fallbacks for what was read already.
    hidden: usize,
    /// How many open elements say what used to be or where tab stops are, in the same words as the text itself.
    aside: usize,
    started: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(
        builder: &'a mut DocumentBuilder,
        styles: &'a Styles,
        numbering: &'a Numbering,
        parts: &'a Relationships,
    ) -> Self {
        Self {
            builder,
            styles,
            numbering,
            parts,
            paragraphs: Vec::new(),
            tables: Vec::new(),
            code: Vec::new(),
            notes: Vec::new(),
            in_text: false,
            hidden: 0,
            aside: 0,
            started: false,
        }
    }

    pub(super) fn read(&mut self, text: &str) -> Result<(), Rejection> {
        xml::items(text, |item| {
            match item {
                Item::Start(element) => {
                    self.check_root(element)?;
                    self.start(element);
                }
                Item::Text(text) if self.in_text && self.hidden == 0 => self.push(text),
                Item::Text(_) => {}
                Item::End(local) => self.end(local),
            }
            Ok(())
        })
    }

    /// The notes referred to, in order.
    pub(super) fn finish(mut self) -> Vec<NoteRef> {
        self.flush_code();
        self.notes
    }

    /// The first element tells a text document from a workbook under a foreign name.
    fn check_root(&mut self, element: &Element<'_>) -> Result<(), Rejection> {
        if std::mem::replace(&mut self.started, true)
            || matches!(element.local(), "document" | "glossaryDocument")
        {
            return Ok(());
        }
        Err(Rejection::new(
            Reason::UnsupportedType,
            format!(
                "the Office package holds a `{}` and no text document; save it as DOCX or PDF",
                element.local()
            ),
        ))
    }

    fn start(&mut self, element: &Element<'_>) {
        match element.local() {
            "del" | "moveFrom" | "Fallback" | "rt" => self.hidden += 1,
            "pPrChange" | "rPrChange" | "sectPrChange" | "tblPrChange" | "tabs" => self.aside += 1,
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tbl" => self.start_table(),
            "tr" | "tc" => self.start_in_table(element.local()),
            "hyperlink" => self.start_link(element),
            "footnoteReference" => self.note(element, NoteRef::Footnote),
            "endnoteReference" => self.note(element, NoteRef::Endnote),
            "tab" | "ptab" if self.aside == 0 => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "sym" => self.symbol(element),
            "pStyle" | "outlineLvl" | "ilvl" | "numId" if self.aside == 0 => self.property(element),
            _ => {}
        }
    }

    fn end(&mut self, local: &str) {
        match local {
            "del" | "moveFrom" | "Fallback" | "rt" => self.hidden = self.hidden.saturating_sub(1),
            "pPrChange" | "rPrChange" | "sectPrChange" | "tblPrChange" | "tabs" => {
                self.aside = self.aside.saturating_sub(1);
            }
            "p" => self.end_paragraph(),
            "t" => self.in_text = false,
            "hyperlink" => self.end_link(),
            "tc" => self.end_cell(),
            "tbl" => self.end_table(),
            _ => {}
        }
    }
}

/// What single elements do.
impl Body<'_> {
    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut().filter(|_| self.hidden == 0) {
            paragraph.text.push_str(text);
        }
    }

    fn symbol(&mut self, element: &Element<'_>) {
        // Symbol fonts put their pictures where Unicode has no characters; those say nothing as text.
        let code = element.attribute("char").and_then(|code| u32::from_str_radix(&code, 16).ok());
        let character = code.filter(|code| !(0xe000..0xf900).contains(code)).and_then(char::from_u32);
        if let Some(character) = character {
            self.push(character.encode_utf8(&mut [0; 4]));
        }
    }

    fn property(&mut self, element: &Element<'_>) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        let number = || element.val().and_then(|value| value.parse().ok());
        match element.local() {
            "pStyle" => paragraph.style = element.val(),
            "outlineLvl" => paragraph.outline_level = number(),
            "ilvl" => paragraph.numbering.level = number(),
            _ => paragraph.numbering.id = element.val(),
        }
    }

    fn start_link(&mut self, element: &Element<'_>) {
        let target = element.attribute("id").and_then(|id| self.parts.link(&id).map(str::to_owned));
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.links.push((paragraph.text.len(), target));
        }
    }

    fn end_link(&mut self) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if let Some((start, Some(target))) = paragraph.links.pop() {
            self.builder.link(paragraph.text.get(start..).unwrap_or_default(), &target);
        }
    }

    fn note(&mut self, element: &Element<'_>, kind: fn(String) -> NoteRef) {
        let Some(id) = element.attribute("id").filter(|_| self.hidden == 0) else { return };
        self.notes.push(kind(id));
        self.push(&format!("[{}]", self.notes.len()));
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        if let Some(cell) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
            cell.push_str(&paragraph.text);
            cell.push('\n');
            return;
        }
        let style = paragraph.style.as_deref().unwrap_or_default();
        let role = match paragraph.outline_level {
            Some(level @ 0..=8) => Role::Heading(level.min(5) + 1),
            _ => self.styles.role(style),
        };
        if role == Role::Code {
            self.code.push(paragraph.text);
            return;
        }
        self.flush_code();
        if paragraph.text.trim().is_empty() {
            return;
        }
        let from_style = self.styles.numbering(style);
        let reference = NumberingRef {
            id: paragraph.numbering.id.or(from_style.id),
            level: paragraph.numbering.level.or(from_style.level),
        };
        match role {
            Role::Heading(level) => self.builder.block(BlockKind::Heading { level }, &paragraph.text, None),
            Role::Title => {
                self.builder.title(&paragraph.text);
                self.builder.block(BlockKind::Heading { level: 1 }, &paragraph.text, None);
            }
            Role::Quote => self.builder.block(BlockKind::Quote { alert: None }, &paragraph.text, None),
            Role::Code | Role::Plain => match self.numbering.next(&reference) {
                Some((depth, number)) => self.builder.list_item(depth, number, None, &paragraph.text, None),
                None => self.builder.block(BlockKind::Paragraph, &paragraph.text, None),
            },
        }
    }

    fn flush_code(&mut self) {
        if !self.code.is_empty() {
            let code = std::mem::take(&mut self.code).join("\n");
            self.builder.block(BlockKind::Code { language: None }, &code, None);
        }
    }

    fn start_table(&mut self) {
        if self.tables.is_empty() {
            self.flush_code();
        }
        self.tables.push(Table::default());
    }

    fn start_in_table(&mut self, local: &str) {
        let Some(table) = self.tables.last_mut() else { return };
        if local == "tr" {
            table.rows.push(Vec::new());
        } else {
            table.cell = Some(String::new());
        }
    }

    fn end_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        if let (Some(row), Some(cell)) = (table.rows.last_mut(), table.cell.take()) {
            row.push(cell);
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        match self.tables.last_mut() {
            None => self.builder.table(table.rows, None),
            Some(outer) => {
                let text = table.rows.into_iter().flatten().collect::<Vec<_>>().join(" ");
                outer.cell.get_or_insert_default().push_str(&text);
            }
        }
    }
}
