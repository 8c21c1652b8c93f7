//! A story, as Word calls a text that stands for itself: the body, a header, the notes, the comments. Paragraphs, lists, tables,
//! links, formulas and references to notes, in one pass without recursion.

use event_model::BlockKind;

use super::{
    field::{self, Fields},
    math::Math,
    notes::NoteRef,
    numbering::Numbering,
    package::Relationships,
    paragraph::Paragraph,
    script,
    styles::{Role, Styles},
    table::{COVERED_MAX, Table},
    xml::{self, Element, Item},
};
use crate::{Reason, Rejection, RichText};

mod closing;

/// What a story is read with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) styles: &'a Styles<'a>,
    pub(super) numbering: &'a Numbering<'a>,
    /// Those of the part the story stands in.
    pub(super) relationships: &'a Relationships,
}

/// A part of a story.
pub(super) enum Piece {
    Block(BlockKind, RichText),
    Title(RichText),
    Item {
        depth: u8,
        number: Option<u64>,
        text: RichText,
    },
    /// Rows, and the links in them: what is shown, and where it leads.
    Table(Vec<Vec<String>>, Vec<(String, String)>),
    /// A comment by its id, behind what it is about.
    Comment(String),
    /// Here a note or a comment begins, in the part that holds them all.
    Entry {
        id: String,
        author: Option<String>,
    },
}

/// Headers and footers of a section: for which pages, and the relationship.
#[derive(Default)]
pub(super) struct Section {
    pub(super) headers: Vec<(String, String)>,
    pub(super) footers: Vec<(String, String)>,
    pub(super) own_first_page: bool,
}

#[derive(Default)]
pub(super) struct Story {
    pub(super) pieces: Vec<Piece>,
    /// The notes referred to, in order.
    pub(super) notes: Vec<NoteRef>,
    pub(super) sections: Vec<Section>,
}

/// An alternative that is open: whether one was taken, and whether the open one is left out.
#[derive(Default)]
struct Alternative {
    taken: bool,
    hides: bool,
}

struct Reader<'a> {
    context: Context<'a>,
    story: Story,
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    table_links: Vec<(String, String)>,
    /// Lines of consecutive paragraphs in a code style.
    code: Vec<RichText>,
    /// What paragraphs whose marks were deleted leave to the next one.
    carried: RichText,
    comments: Vec<String>,
    fields: Fields,
    math: Option<Math>,
    alternatives: Vec<Alternative>,
    in_text: bool,
    in_instruction: bool,
    in_properties: bool,
    /// How many open elements hide what is in them: deletions, and fallbacks for what was read already.
    hidden: usize,
    /// How many open elements say what used to be or where tab stops are, in the same words as the text itself.
    aside: usize,
    alternative_text: Option<String>,
    covered_left: usize,
}

/// Reads the main part. Its first element tells a text document from a workbook under a foreign name.
pub(super) fn read_main(text: &str, context: Context<'_>) -> Result<Story, Rejection> {
    let mut root = None;
    xml::first(text, |element| root = Some(element.local().to_owned()))?;
    let root = root.unwrap_or_default();
    if matches!(root.as_str(), "document" | "glossaryDocument") {
        return read(text, context);
    }
    Err(Rejection::new(
        Reason::UnsupportedType,
        format!("the Office package holds a `{root}` and no text document; save it as DOCX or PDF"),
    ))
}

/// Reads any part with text.
pub(super) fn read(text: &str, context: Context<'_>) -> Result<Story, Rejection> {
    let mut reader = Reader::new(context);
    xml::items(text, |item| {
        match item {
            Item::Start(element) => reader.start(element),
            Item::Text(text) => reader.text(text),
            Item::End(local) => reader.end(local),
        }
        Ok(())
    })?;
    Ok(reader.finish())
}

impl<'a> Reader<'a> {
    fn new(context: Context<'a>) -> Self {
        Self {
            context,
            story: Story::default(),
            paragraphs: Vec::new(),
            tables: Vec::new(),
            table_links: Vec::new(),
            code: Vec::new(),
            carried: RichText::default(),
            comments: Vec::new(),
            fields: Fields::default(),
            math: None,
            alternatives: Vec::new(),
            in_text: false,
            in_instruction: false,
            in_properties: false,
            hidden: 0,
            aside: 0,
            alternative_text: None,
            covered_left: COVERED_MAX,
        }
    }

    fn start(&mut self, element: &Element<'_>) {
        if let Some(math) = &mut self.math {
            return math.start(element);
        }
        match element.local() {
            // Most of what runs and paragraphs state is for the eye.
            "rPr" | "rFonts" | "sz" | "szCs" | "lang" | "color" | "spacing" | "jc" | "ind" => {}
            "del" | "moveFrom" if self.in_properties => self.deleted_mark(element),
            "del" | "moveFrom" | "Fallback" | "rt" => self.hidden += 1,
            "pPrChange" | "rPrChange" | "sectPrChange" | "tblPrChange" | "trPrChange" | "tcPrChange"
            | "numberingChange" | "tabs" => self.aside += 1,
            "AlternateContent" => self.alternatives.push(Alternative::default()),
            "Choice" => self.start_choice(),
            "p" => self.start_paragraph(),
            "r" => self.with_paragraph(|paragraph| paragraph.look = super::paragraph::Look::default()),
            "t" => self.in_text = true,
            "instrText" => self.in_instruction = true,
            "pPr" | "trPr" => self.in_properties = true,
            "oMath" => self.math = Some(Math::default()),
            "tbl" => self.start_table(),
            "tr" | "tc" => self.start_in_table(element.local()),
            "hyperlink" => self.start_link(element),
            "fldSimple" => self.start_simple_field(element),
            "sectPr" if self.aside == 0 => self.story.sections.push(Section::default()),
            "footnote" | "endnote" | "comment" => self.start_entry(element),
            _ if self.aside == 0 => self.start_inline(element),
            _ => {}
        }
    }

    /// What stands in a run, and properties.
    fn start_inline(&mut self, element: &Element<'_>) {
        match element.local() {
            "footnoteReference" => self.note(element, NoteRef::Footnote),
            "endnoteReference" => self.note(element, NoteRef::Endnote),
            "commentReference" | "commentRangeEnd" if self.hidden == 0 => {
                self.comments.extend(element.attribute("id"));
            }
            "fldChar" => self.field(element),
            "tab" | "ptab" => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "sym" => {
                if let Some(character) = script::symbol(element) {
                    self.push(character.encode_utf8(&mut [0; 4]));
                }
            }
            "docPr" => self.picture(element.attribute("descr")),
            "shape" => self.alternative_text = element.attribute("alt"),
            "imagedata" => {
                let alternative = self.alternative_text.take();
                self.picture(element.attribute("title").filter(|title| !title.is_empty()).or(alternative));
            }
            "headerReference" | "footerReference" | "titlePg" => self.section(element),
            "gridSpan" | "vMerge" | "gridBefore" => self.table_property(element),
            _ => self.property(element),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(math) = &mut self.math {
            math.text(text);
        } else if self.in_instruction {
            self.fields.instruct(text);
        } else if self.in_text {
            self.push(text);
        }
    }

    fn end(&mut self, local: &str) {
        if let Some(mut math) = self.math.take() {
            if local == "oMath" {
                self.push_formula(math);
            } else {
                math.end(local);
                self.math = Some(math);
            }
            return;
        }
        match local {
            "del" | "moveFrom" if self.in_properties => {}
            "del" | "moveFrom" | "Fallback" | "rt" => self.hidden = self.hidden.saturating_sub(1),
            "pPrChange" | "rPrChange" | "sectPrChange" | "tblPrChange" | "trPrChange" | "tcPrChange"
            | "numberingChange" | "tabs" => self.aside = self.aside.saturating_sub(1),
            "AlternateContent" => drop(self.alternatives.pop()),
            "Choice" => self.end_choice(),
            "p" => self.end_paragraph(),
            "t" => self.in_text = false,
            "instrText" => self.in_instruction = false,
            "pPr" => self.end_properties(),
            "trPr" => self.in_properties = false,
            "hyperlink" | "fldSimple" => self.with_paragraph(Paragraph::end_link),
            "tr" => self.with_table(Table::end_row),
            "tc" => self.end_cell(),
            "tbl" => self.end_table(),
            _ => {}
        }
    }
}

/// What single elements do.
impl Reader<'_> {
    fn with_paragraph(&mut self, change: impl FnOnce(&mut Paragraph)) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            change(paragraph);
        }
    }

    fn with_table(&mut self, change: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.last_mut() {
            change(table);
        }
    }

    fn shows(&self) -> bool {
        self.hidden == 0 && !self.fields.hide()
    }

    fn push(&mut self, text: &str) {
        if self.shows() {
            self.with_paragraph(|paragraph| paragraph.push(text));
        }
    }

    fn push_formula(&mut self, math: Math) {
        let formula = math.finish();
        if self.shows() && !formula.trim().is_empty() {
            self.with_paragraph(|paragraph| paragraph.push_formula(formula.trim()));
        }
    }

    /// What a picture shows, in the words of the author. One without words parts what stands around it all the same.
    fn picture(&mut self, words: Option<String>) {
        if self.shows() {
            let words = words.filter(|words| !words.trim().is_empty());
            self.with_paragraph(|paragraph| match words {
                Some(words) => paragraph.push_apart(&format!("[{}]", words.trim())),
                None => paragraph.part(),
            });
        }
    }

    fn note(&mut self, element: &Element<'_>, kind: fn(String) -> NoteRef) {
        let Some(id) = element.attribute("id").filter(|_| self.shows()) else { return };
        self.story.notes.push(kind(id));
        let mark = format!("[{}]", self.story.notes.len());
        self.with_paragraph(|paragraph| paragraph.push_apart(&mark));
    }

    /// The mark at the end of a paragraph, or a whole row, was deleted.
    fn deleted_mark(&mut self, element: &Element<'_>) {
        match self.paragraphs.last_mut() {
            Some(paragraph) if self.aside == 0 => paragraph.joins_next = true,
            None if self.aside == 0 => self.table_property(element),
            _ => {}
        }
    }

    fn start_choice(&mut self) {
        if let Some(open) = self.alternatives.last_mut() {
            open.hides = std::mem::replace(&mut open.taken, true);
            self.hidden += usize::from(open.hides);
        }
    }

    fn end_choice(&mut self) {
        if self.alternatives.last_mut().is_some_and(|open| std::mem::take(&mut open.hides)) {
            self.hidden = self.hidden.saturating_sub(1);
        }
    }

    fn start_paragraph(&mut self) {
        let text = if self.paragraphs.is_empty() { self.carried.take() } else { RichText::default() };
        self.paragraphs.push(Paragraph::behind(text));
    }

    fn property(&mut self, element: &Element<'_>) {
        let styles = self.context.styles;
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        let number = || element.val().and_then(|value| value.parse().ok());
        match element.local() {
            "pStyle" => paragraph.style = element.val(),
            "outlineLvl" => paragraph.outline_level = number(),
            "ilvl" => paragraph.numbering.level = number(),
            "numId" => paragraph.numbering.id = element.val(),
            "rStyle" => {
                let look = styles.look(&element.val().unwrap_or_default());
                paragraph.look.code = look.code;
                paragraph.look.strong |= look.strong;
                paragraph.look.emphasis |= look.emphasis;
            }
            _ => drop(paragraph.look.take(element)),
        }
    }

    fn end_properties(&mut self) {
        self.in_properties = false;
        let styles = self.context.styles;
        self.with_paragraph(|paragraph| {
            paragraph.plain = !matches!(closing::role(paragraph, styles), Role::Plain | Role::Quote);
        });
    }

    fn section(&mut self, element: &Element<'_>) {
        let Some(section) = self.story.sections.last_mut() else { return };
        let pages = element.attribute("type").unwrap_or_else(|| "default".to_owned());
        let reference = element.attribute("id").map(|id| (pages, id));
        match element.local() {
            "headerReference" => section.headers.extend(reference),
            "footerReference" => section.footers.extend(reference),
            _ => section.own_first_page = !matches!(element.val().as_deref(), Some("0" | "false" | "off")),
        }
    }

    fn start_link(&mut self, element: &Element<'_>) {
        let target = element.attribute("id").and_then(|id| self.context.relationships.link(&id));
        let target = target.map(|target| match element.attribute("anchor") {
            Some(anchor) if !target.contains('#') => format!("{target}#{anchor}"),
            _ => target.to_owned(),
        });
        self.with_paragraph(|paragraph| paragraph.start_link(target));
    }

    fn start_simple_field(&mut self, element: &Element<'_>) {
        let target = field::link_target(&element.attribute("instr").unwrap_or_default());
        self.with_paragraph(|paragraph| paragraph.start_link(target));
    }

    fn field(&mut self, element: &Element<'_>) {
        let depth = self.paragraphs.len();
        match element.attribute("fldCharType").as_deref() {
            Some("begin") => self.fields.begin(),
            Some("separate") => {
                let place = || self.paragraphs.last_mut().map_or(0, Paragraph::link_place);
                self.fields.separate(depth, place);
            }
            Some("end") => {
                if let Some(link) = self.fields.end().filter(|link| link.paragraph == depth) {
                    self.with_paragraph(|paragraph| paragraph.link_from(link.start, link.target));
                }
            }
            _ => {}
        }
    }
}

/// A story as one text, one piece a line.
pub(super) fn text_of(pieces: Vec<Piece>) -> RichText {
    let text = |piece| match piece {
        Piece::Block(_, text) | Piece::Title(text) | Piece::Item { number: None, text, .. } => Some(text),
        Piece::Item { number: Some(number), text, .. } => Some(text.behind(&format!("{number}. "))),
        Piece::Table(rows, _) => {
            let cells = rows.iter().flatten().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
            Some(RichText::from(&cells.collect::<Vec<_>>().join(" ")))
        }
        Piece::Comment(_) | Piece::Entry { .. } => None,
    };
    closing::lines(pieces.into_iter().filter_map(text))
}
