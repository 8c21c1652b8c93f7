//! Where the text of a page stands, how it is set, and which lines are drawn: the operators and form objects, interpreted. Fonts are read by
//! unpdf's object layer; positions and everything above them is our own.

use std::ops::ControlFlow;

use lopdf::Document;
use unpdf::parser::backend::{PageId, PaintedXObject, PdfBackend, RawBackend, ResourceScope};

use super::{
    annotations::Appearance,
    drawing::{Path, Rules},
    fonts::{Fonts, Shape, Style},
    matrix::Matrix,
    operators::{self, Operand},
    resources,
    text_state::{Place, State},
    too_complex,
};
use crate::Rejection;

/// Forms in forms; real files stay under five.
const FORMS_DEEP_MAX: usize = 12;
const STATES_MAX: usize = 256;
const MARKS_MAX: usize = 256;
/// A map of a city has two million operators on a page; ten pages of those are too many for the time a child has.
const OPERATORS_MAX: u32 = 6_000_000;
/// Text of a document in bytes of its strings.
const SHOWN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A gap this wide, in sizes of the font, parts cells even within a string: some writers space letters out until they are in the next one.
const CELL_GAP: f32 = 0.9;

/// A string as shown: its text and the ends of its base line, in points from the upper left corner of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub text: String,
    pub start: (f32, f32),
    pub end: (f32, f32),
    /// Height of the font on the page.
    pub size: f32,
    pub style: Style,
    /// The number by which the structure of a tagged document knows it.
    pub mark: Option<u32>,
    /// Whether the document calls it no part of its text.
    pub is_artifact: bool,
}

/// What a page shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub pieces: Vec<Piece>,
    pub rules: Rules,
    pub width: f32,
    pub height: f32,
    /// Strings shown.
    pub strings: u32,
    /// Strings whose font does not say what they mean.
    pub unreadable: u32,
    pub images: u32,
    pub forms: u32,
    /// How deep the brackets in its content nest.
    pub nesting: usize,
    /// How far from the page text is set, in points.
    pub reach: f32,
}

/// What all pages together may cost.
#[derive(Debug)]
pub(super) struct Budget {
    operators: u32,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { operators: OPERATORS_MAX, bytes: SHOWN_BYTES_MAX }
    }
}

/// What is asked of a document for each of its pages.
pub(super) struct Reader<'a> {
    pub backend: &'a RawBackend,
    pub objects: Option<&'a Document>,
    pub fonts: Fonts<'a>,
    pub budget: Budget,
    shape: Shape,
}

impl<'a> Reader<'a> {
    pub(super) fn new(backend: &'a RawBackend, objects: Option<&'a Document>) -> Self {
        let fonts = Fonts::new(backend, objects);
        Self { backend, objects, fonts, budget: Budget::default(), shape: Shape::default() }
    }

    /// From a page's own space to points from its upper left corner, and its width and height.
    pub(super) fn space(&self, page: PageId) -> (Matrix, f32, f32) {
        let crop = self.backend.crop_box(page);
        let rotation = self.backend.page_rotation(page);
        let matrix = Matrix::of_page(&crop, rotation);
        match rotation {
            90 | 270 => (matrix, crop.height(), crop.width()),
            _ => (matrix, crop.width(), crop.height()),
        }
    }

    /// Interprets a page and what lies over it. With `words`, every word is a piece of its own.
    pub(super) fn show(
        &mut self,
        page: PageId,
        words: bool,
        over: &[Appearance],
    ) -> Result<Shown, Rejection> {
        let (matrix, width, height) = self.space(page);
        let shown = Shown { width, height, ..Shown::default() };
        let content = self.backend.page_content(page).unwrap_or_default();
        let mut interpreter =
            Interpreter { reader: self, page, shown, words, inside: Vec::new(), marks: Vec::new() };
        interpreter.run(&content, ResourceScope::page(page), matrix);
        for look in over {
            interpreter.inside.push(look.form);
            interpreter.run(&look.content, ResourceScope::form(page, look.form), look.matrix.then(&matrix));
            interpreter.inside.pop();
        }
        let shown = interpreter.shown;
        if self.budget.operators == 0 || self.budget.bytes == 0 {
            return Err(too_complex("draws with millions of operators"));
        }
        Ok(shown)
    }
}

struct Interpreter<'r, 'a> {
    reader: &'r mut Reader<'a>,
    page: PageId,
    shown: Shown,
    words: bool,
    inside: Vec<(u32, u16)>,
    marks: Vec<Mark>,
}

/// What marked content says of what it holds.
#[derive(Clone, Copy, Default)]
struct Mark {
    number: Option<u32>,
    is_artifact: bool,
}

impl Interpreter<'_, '_> {
    fn run(&mut self, content: &[u8], scope: ResourceScope, matrix: Matrix) {
        let mut state = State::new(matrix);
        let mut kept: Vec<State> = Vec::new();
        let (mut place, mut path) = (Place::START, Path::default());
        let marks = self.marks.len();
        let nesting = operators::read(content, |operator, operands| {
            let budget = &mut self.reader.budget;
            budget.operators = budget.operators.saturating_sub(1);
            if budget.operators == 0 || budget.bytes == 0 {
                return ControlFlow::Break(());
            }
            match operator {
                b"q" if kept.len() < STATES_MAX => kept.push(state.clone()),
                b"Q" => state = kept.pop().unwrap_or_else(|| state.clone()),
                b"Do" => self.paint(operands, scope, &state),
                b"BI" => self.shown.images += 1,
                b"BDC" | b"BMC" => self.begin(operands, scope),
                b"EMC" if self.marks.len() > marks => drop(self.marks.pop()),
                _ if path.draw(operator, operands, &state.matrix, &mut self.shown.rules) => {}
                _ if place.moved(operator, operands, &mut state) => {}
                _ if state.set(operator, operands) => {
                    if let (b"Tf", Some(Operand::Name(name))) = (operator, operands.first()) {
                        state.font = Some(self.reader.fonts.named(scope, name));
                    }
                }
                b"TJ" => self.show(operands, &state, &mut place),
                b"Tj" | b"'" | b"\"" => {
                    self.show(operands.last().map_or(&[], std::slice::from_ref), &state, &mut place);
                }
                _ => {}
            }
            ControlFlow::Continue(())
        });
        self.shown.nesting = self.shown.nesting.max(nesting);
        self.marks.truncate(marks);
    }

    fn paint(&mut self, operands: &[Operand], scope: ResourceScope, state: &State) {
        let Some(Operand::Name(name)) = operands.last() else { return };
        match self.reader.backend.xobject(scope, name) {
            Some(PaintedXObject::Form(form))
                if !self.inside.contains(&form.id) && self.inside.len() < FORMS_DEEP_MAX =>
            {
                self.shown.forms += 1;
                let content = form.content.unwrap_or_default();
                // The bytes of a form count each time it is painted, or a small file could paint a large one forever.
                let bytes = &mut self.reader.budget.bytes;
                *bytes = bytes.saturating_sub(content.len() / 8);
                self.inside.push(form.id);
                let matrix = Matrix(form.matrix).then(&state.matrix);
                self.run(&content, ResourceScope::form(self.page, form.id), matrix);
                self.inside.pop();
            }
            Some(PaintedXObject::Image) => self.shown.images += 1,
            _ => {}
        }
    }

    /// Notes marked content: its number stands in the operator, or in the resources under the name that it gives.
    fn begin(&mut self, operands: &[Operand], scope: ResourceScope) {
        let named = |name: &[u8]| {
            let objects = self.reader.objects?;
            let list =
                resources::dictionary(objects, resources::entry(objects, scope, b"Properties", name)?)?;
            u32::try_from(list.get(b"MCID").ok()?.as_i64().ok()?).ok()
        };
        let outer = self.marks.last().copied().unwrap_or_default();
        let number = match operands {
            [.., Operand::Marked(number)] => Some(*number),
            [_, Operand::Name(name)] => named(name),
            _ => None,
        };
        let is_artifact = matches!(operands.first(), Some(Operand::Name(name)) if name == b"Artifact");
        if self.marks.len() < MARKS_MAX {
            let is_artifact = outer.is_artifact || is_artifact;
            self.marks.push(Mark { number: number.or(outer.number), is_artifact });
        }
    }

    fn show(&mut self, operands: &[Operand], state: &State, place: &mut Place) {
        let Some(font) = state.font else { return };
        for operand in operands {
            match operand {
                Operand::Text(bytes) => self.show_string(bytes, state, place),
                Operand::Number(adjustment) => {
                    let moved = -adjustment / 1000.0 * state.size;
                    if self.reader.fonts.is_vertical(font) {
                        place.advance(0.0, moved);
                    } else {
                        place.advance(moved * state.stretch, 0.0);
                    }
                }
                Operand::Name(_) | Operand::Marked(_) => {}
            }
        }
    }

    fn show_string(&mut self, bytes: &[u8], state: &State, place: &mut Place) {
        let Some(font) = state.font.filter(|_| !bytes.is_empty()) else { return };
        self.reader.budget.bytes = self.reader.budget.bytes.saturating_sub(bytes.len());
        self.shown.strings += 1;
        let mut shape = std::mem::take(&mut self.reader.shape);
        self.reader.fonts.shape(font, bytes, &mut shape);
        self.shown.unreadable += u32::from(shape.unreadable);
        let mut style = self.reader.fonts.style(font);
        style.bold |= state.is_stroked;
        let vertical = self.reader.fonts.is_vertical(font);
        let whole = Matrix::translation(0.0, state.rise).then(&place.text).then(&state.matrix);
        let advance = self.cut(&shape, state, vertical, &whole, style);
        if vertical {
            place.advance(0.0, advance);
        } else {
            place.advance(advance, 0.0);
        }
        self.reader.shape = shape;
    }

    /// Appends the pieces of a string, parted where white space is wide, and returns how far it moves the next one.
    fn cut(&mut self, shape: &Shape, state: &State, vertical: bool, whole: &Matrix, style: Style) -> f32 {
        let stretch = if vertical { 1.0 } else { state.stretch };
        let gap_max = CELL_GAP * (state.size * stretch).abs();
        let is_cut = shape.is_exact && !vertical;
        let (mut across, mut text_at, mut open) = (0.0, 0, None::<(usize, f32)>);
        let (mut first, mut text_end, mut end) = (0, 0, 0.0);
        for glyph in &shape.glyphs {
            let text = &shape.text[text_at..glyph.end.max(text_at)];
            let is_blank = text.trim().is_empty();
            let space = state.letters + if glyph.is_word_space { state.words } else { 0.0 };
            let advance = (glyph.advance / 1000.0 * state.size + space) * stretch;
            if !is_blank || !is_cut {
                let is_word = self.words && shape.text[text_end..text_at].contains(char::is_whitespace);
                if let Some((from, start)) = open
                    && is_cut
                    && (is_word || across - end > gap_max)
                {
                    self.push(&shape.text[from..text_at], (start, end), vertical, whole, state, style);
                    (first, open) = (text_at, None);
                }
                open = open.or(Some((first, across)));
                (text_end, end) = (glyph.end, across + advance - state.letters * stretch);
            }
            text_at = glyph.end.max(text_at);
            across += advance;
        }
        match open {
            Some((from, start)) => {
                self.push(&shape.text[from..], (start, end), vertical, whole, state, style);
            }
            None => self.push(&shape.text, (0.0, across), vertical, whole, state, style),
        }
        across
    }

    fn push(
        &mut self,
        text: &str,
        (from, to): (f32, f32),
        vertical: bool,
        whole: &Matrix,
        state: &State,
        style: Style,
    ) {
        let place = |at: f32| if vertical { whole.apply(0.0, at) } else { whole.apply(at, 0.0) };
        let (start, end) = (place(from), place(to));
        let size = (state.size * whole.height()).abs();
        self.shown.reach =
            [start.0, start.1, end.0, end.1, size].into_iter().fold(self.shown.reach, |reach, place| {
                if place.is_finite() { reach.max(place.abs()) } else { f32::INFINITY }
            });
        if text.is_empty() || !self.is_on_page(start, end) || size <= 0.1 {
            return;
        }
        let Mark { number, is_artifact } = self.marks.last().copied().unwrap_or_default();
        // A form has numbers of its own.
        let mark = number.filter(|_| self.inside.is_empty());
        self.shown.pieces.push(Piece { text: text.to_owned(), start, end, size, style, mark, is_artifact });
    }

    fn is_on_page(&self, start: (f32, f32), end: (f32, f32)) -> bool {
        let overlaps = |a: f32, b: f32, length: f32| a.max(b) >= -1.0 && a.min(b) <= length + 1.0;
        overlaps(start.0, end.0, self.shown.width) && overlaps(start.1, end.1, self.shown.height)
    }
}
