//! What the codes of a string show and how wide they are. unpdf decodes strings and looks its font up for each of them; here each font is
//! found once, and the code of each glyph is remembered from the strings in which unpdf saw it.

use std::collections::HashMap;

use lopdf::{Document, ObjectId};
use unpdf::parser::backend::{
    BackendFontInfo, DecodedRun, GlyphAdvance, PdfBackend, RawBackend, ResourceScope,
};

use super::resources;

/// Of the width of a glyph that the font does not tell, in thousandths of its size.
const UNKNOWN_WIDTH: f32 = 500.0;
/// Wider glyphs are no spaces.
const PRINTED_WIDTH: f32 = 300.0;
const UNKNOWN: &str = "\u{fffd}";
/// More names of fonts than this are forgotten, so that a page that draws with thousands costs no more than its length.
const NAMES_MAX: usize = 4_096;

/// Which font of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FontId(usize);

/// How a font looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub bold: bool,
    pub italic: bool,
    pub fixed: bool,
}

/// A glyph of a shown string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Glyph {
    /// Where its text ends; it starts where that of the glyph before ends.
    pub end: usize,
    /// Thousandths of the size, across or, if the font writes downwards, down.
    pub advance: f32,
    pub is_word_space: bool,
}

/// A string as its font reads it.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub text: String,
    pub glyphs: Vec<Glyph>,
    /// Whether each glyph has its own text; otherwise the last one has all.
    pub is_exact: bool,
    /// Whether the font does not say what the string means.
    pub unreadable: bool,
}

/// What a code showed.
#[derive(Clone, Copy)]
struct Known {
    from: u32,
    to: u32,
    advance: f32,
    is_word_space: bool,
}

type Table = [Option<Known>; 256];

/// A font, and what is known of it. A table for each first byte of a code of two; codes of one byte are in the first.
struct Font {
    scope: ResourceScope,
    name: Vec<u8>,
    style: Style,
    vertical: bool,
    /// Bytes of a code; 0 as long as none was seen.
    unit: usize,
    tables: Vec<Option<Box<Table>>>,
    texts: String,
}

/// The fonts of a document.
pub(super) struct Fonts<'a> {
    backend: &'a RawBackend,
    objects: Option<&'a Document>,
    names: HashMap<(ResourceScope, Vec<u8>), FontId>,
    ids: HashMap<ObjectId, FontId>,
    known: Vec<Font>,
}

impl<'a> Fonts<'a> {
    /// None is looked for yet. Without `objects` fonts are not known again on other pages.
    pub(super) fn new(backend: &'a RawBackend, objects: Option<&'a Document>) -> Self {
        Self { backend, objects, names: HashMap::new(), ids: HashMap::new(), known: Vec::new() }
    }

    /// The font that has a name in a scope.
    pub(super) fn named(&mut self, scope: ResourceScope, name: &[u8]) -> FontId {
        let key = (scope, name.to_owned());
        if let Some(id) = self.names.get(&key) {
            return *id;
        }
        if self.names.len() >= NAMES_MAX {
            self.names.clear();
        }
        let object = self.objects.and_then(|objects| {
            resources::entry(objects, scope, b"Font", name).and_then(|font| font.as_reference().ok())
        });
        let id = match object.and_then(|object| self.ids.get(&object)) {
            Some(id) => *id,
            None => self.add(scope, name),
        };
        if let Some(object) = object {
            self.ids.insert(object, id);
        }
        self.names.insert(key, id);
        id
    }

    fn add(&mut self, scope: ResourceScope, name: &[u8]) -> FontId {
        let fonts = self.backend.page_fonts(scope).unwrap_or_default();
        let style = fonts.iter().find(|font| font.name == name).map(style_of).unwrap_or_default();
        self.known.push(Font {
            scope,
            name: name.to_owned(),
            style,
            vertical: self.backend.is_vertical_font(scope, name),
            unit: 0,
            tables: Vec::new(),
            texts: String::new(),
        });
        FontId(self.known.len() - 1)
    }

    pub(super) fn style(&self, font: FontId) -> Style {
        self.known[font.0].style
    }

    /// Whether it writes downwards.
    pub(super) fn is_vertical(&self, font: FontId) -> bool {
        self.known[font.0].vertical
    }

    /// Reads a string.
    pub(super) fn shape(&mut self, font: FontId, bytes: &[u8], shape: &mut Shape) {
        let font = &mut self.known[font.0];
        shape.text.clear();
        shape.glyphs.clear();
        (shape.is_exact, shape.unreadable) = (true, false);
        // A string without any text may still mean something to unpdf, which then tries other ways to read it.
        if font.unit > 0
            && font.recall(bytes, shape)
            && shape.text.chars().any(|c| c != char::REPLACEMENT_CHARACTER)
        {
            return;
        }
        let run = self.backend.decode_run(font.scope, &font.name, bytes);
        font.learn(&run, bytes);
        shape.take(run);
    }
}

fn style_of(font: &BackendFontInfo) -> Style {
    let name = font.base_font.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Style {
        // Computer Modern and its kin say `BX`, Nimbus says `Medi`.
        bold: font.bold
            || says(&["bold", "black", "heavy", "demi", "cmbx", "sfbx", "ecbx"])
            || name.ends_with("-medi"),
        italic: font.italic || says(&["italic", "oblique", "cmti", "sfti", "ecti"]),
        fixed: font.fixed_pitch,
    }
}

impl Font {
    /// Reads a string of known codes only.
    fn recall(&self, bytes: &[u8], shape: &mut Shape) -> bool {
        if !bytes.len().is_multiple_of(self.unit) {
            return false;
        }
        shape.text.clear();
        shape.glyphs.clear();
        for code in bytes.chunks_exact(self.unit) {
            let (high, low) = split(code);
            let known = self.tables.get(high).and_then(Option::as_ref).and_then(|table| table[low]);
            let Some(known) = known else { return false };
            shape.text.push_str(&self.texts[known.from as usize..known.to as usize]);
            let (end, advance) = (shape.text.len(), known.advance);
            shape.glyphs.push(Glyph { end, advance, is_word_space: known.is_word_space });
        }
        true
    }

    /// Remembers the codes of a string if each of its glyphs has a text of its own.
    fn learn(&mut self, run: &DecodedRun, bytes: &[u8]) {
        let (Some(glyphs), Some(clusters)) = (&run.glyphs, &run.clusters) else { return };
        let unit = bytes.len() / glyphs.len().max(1);
        let fits = bytes.len() == unit * glyphs.len() && clusters.len() == glyphs.len();
        if !fits || !matches!(unit, 1 | 2) || !matches!(self.unit, 0) && self.unit != unit {
            return;
        }
        self.unit = unit;
        self.tables.resize_with(if unit == 1 { 1 } else { 256 }, || None);
        for ((code, cluster), glyph) in bytes.chunks_exact(unit).zip(clusters).zip(glyphs) {
            let (high, low) = split(code);
            let Some(table) = self.tables.get_mut(high) else { continue };
            let place = &mut table.get_or_insert_with(|| Box::new([None; 256]))[low];
            if place.is_some() || cluster.glyphs.len() != 1 {
                continue;
            }
            let from = self.texts.len();
            let advance = glyph.vertical.map_or(glyph.width, |vertical| vertical.advance);
            self.texts.push_str(known(&run.decoded.text[cluster.text.clone()], advance));
            let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(self.texts.len())) else { continue };
            *place = Some(Known { from, to, advance, is_word_space: glyph.is_word_space });
        }
    }
}

/// The text of a glyph. One that is printed and has none must not vanish without a trace.
fn known(text: &str, advance: f32) -> &str {
    if text.is_empty() && advance >= PRINTED_WIDTH { UNKNOWN } else { text }
}

fn split(code: &[u8]) -> (usize, usize) {
    match code {
        [high, low] => (usize::from(*high), usize::from(*low)),
        [low] => (0, usize::from(*low)),
        _ => (0, 0),
    }
}

impl Shape {
    /// What unpdf made of a string.
    fn take(&mut self, run: DecodedRun) {
        self.glyphs.clear();
        self.unreadable = run.decoded.suppressed.is_some();
        let clusters =
            run.clusters.filter(|clusters| clusters.iter().all(|cluster| cluster.glyphs.len() == 1));
        self.is_exact = clusters.is_some();
        self.text.clear();
        let advances = run.glyphs.as_ref().map(|glyphs| {
            let advance = |glyph: &GlyphAdvance| glyph.vertical.map_or(glyph.width, |down| down.advance);
            glyphs.iter().map(|glyph| (advance(glyph), glyph.is_word_space)).collect::<Vec<_>>()
        });
        let unknown = || run.decoded.text.chars().map(|_| (UNKNOWN_WIDTH, false)).collect();
        let advances = advances.unwrap_or_else(unknown);
        for (at, (advance, is_word_space)) in advances.into_iter().enumerate() {
            if let Some(cluster) = clusters.as_ref().and_then(|all| all.get(at)) {
                let text = &run.decoded.text[cluster.text.clone()];
                self.text.push_str(if run.decoded.text.is_empty() { text } else { known(text, advance) });
            }
            self.glyphs.push(Glyph { end: self.text.len(), advance, is_word_space });
        }
        if !self.is_exact {
            self.text = run.decoded.text;
        }
        if let Some(last) = self.glyphs.last_mut() {
            last.end = self.text.len();
        }
    }
}
