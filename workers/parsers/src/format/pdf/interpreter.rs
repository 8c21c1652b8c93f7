//! Where the text of a page stands: the text operators and form objects, interpreted. Fonts are read by unpdf's object layer;
//! positions and everything above them is our own, so that this is a second opinion on what a page shows.

use std::ops::ControlFlow;

use unpdf::parser::backend::{DecodedRun, PageId, PaintedXObject, PdfBackend, RawBackend, ResourceScope};

use super::{
    matrix::Matrix,
    operators::{self, Operand},
    too_complex,
};
use crate::Rejection;

/// Forms in forms; real files stay under five.
const FORMS_DEEP_MAX: usize = 12;
const STATES_MAX: usize = 256;
/// A map of a city has two million operators on a page; ten pages of those are too many for the time a child has.
const OPERATORS_MAX: u32 = 6_000_000;
/// Text of a document in bytes of its strings.
const SHOWN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Of the width of a glyph that the font does not tell, in thousandths of its size.
const UNKNOWN_WIDTH: f32 = 500.0;

/// A string as shown: its text and the ends of its base line, in points from the upper left corner of the page.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub text: String,
    pub start: (f32, f32),
    pub end: (f32, f32),
    /// Height of the font on the page.
    pub size: f32,
}

/// What a page shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub pieces: Vec<Piece>,
    pub width: f32,
    pub height: f32,
    /// Strings shown.
    pub strings: u32,
    /// Strings whose font does not say what they mean.
    pub unreadable: u32,
    pub images: u32,
    pub forms: u32,
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

/// Interprets a page.
pub(super) fn show(backend: &RawBackend, page: PageId, budget: &mut Budget) -> Result<Shown, Rejection> {
    let crop = backend.crop_box(page);
    let rotation = backend.page_rotation(page);
    let (width, height) = match rotation {
        90 | 270 => (crop.height(), crop.width()),
        _ => (crop.width(), crop.height()),
    };
    let shown = Shown { width, height, ..Shown::default() };
    let mut page = Interpreter { backend, page, shown, budget, inside: Vec::new() };
    let content = backend.page_content(page.page).unwrap_or_default();
    page.run(&content, ResourceScope::page(page.page), Matrix::of_page(&crop, rotation));
    if page.budget.operators == 0 || page.budget.bytes == 0 {
        return Err(too_complex("draws with millions of operators"));
    }
    Ok(page.shown)
}

struct Interpreter<'a> {
    backend: &'a RawBackend,
    page: PageId,
    shown: Shown,
    budget: &'a mut Budget,
    inside: Vec<(u32, u16)>,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Vec<u8>,
    size: f32,
    letters: f32,
    words: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

/// Where text goes: both matrices of a text object.
struct Place {
    line: Matrix,
    text: Matrix,
}

impl Interpreter<'_> {
    fn run(&mut self, content: &[u8], scope: ResourceScope, matrix: Matrix) {
        let mut state = State {
            matrix,
            font: Vec::new(),
            size: 0.0,
            letters: 0.0,
            words: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut kept: Vec<State> = Vec::new();
        let mut place = Place { line: Matrix::IDENTITY, text: Matrix::IDENTITY };
        operators::read(content, |operator, operands| {
            self.budget.operators = self.budget.operators.saturating_sub(1);
            if self.budget.operators == 0 || self.budget.bytes == 0 {
                return ControlFlow::Break(());
            }
            match operator {
                b"q" if kept.len() < STATES_MAX => kept.push(state.clone()),
                b"Q" => state = kept.pop().unwrap_or_else(|| state.clone()),
                b"Do" => self.paint(operands, scope, &state),
                b"BI" => self.shown.images += 1,
                _ if place.moved(operator, operands, &mut state) || state.set(operator, operands) => {}
                b"Tj" | b"TJ" | b"'" | b"\"" => {
                    let parts = if operator == b"TJ" {
                        operands
                    } else {
                        operands.last().map_or(&[][..], std::slice::from_ref)
                    };
                    self.show(parts, scope, &state, &mut place);
                }
                _ => {}
            }
            ControlFlow::Continue(())
        });
    }

    fn paint(&mut self, operands: &[Operand], scope: ResourceScope, state: &State) {
        let Some(Operand::Name(name)) = operands.last() else { return };
        match self.backend.xobject(scope, name) {
            Some(PaintedXObject::Form(form))
                if !self.inside.contains(&form.id) && self.inside.len() < FORMS_DEEP_MAX =>
            {
                self.shown.forms += 1;
                let content = form.content.unwrap_or_default();
                // The bytes of a form count each time it is painted, or a small file could paint a large one forever.
                self.budget.bytes = self.budget.bytes.saturating_sub(content.len() / 8);
                self.inside.push(form.id);
                let matrix = Matrix(form.matrix).then(&state.matrix);
                self.run(&content, ResourceScope::form(self.page, form.id), matrix);
                self.inside.pop();
            }
            Some(PaintedXObject::Image) => self.shown.images += 1,
            _ => {}
        }
    }

    fn show(&mut self, operands: &[Operand], scope: ResourceScope, state: &State, place: &mut Place) {
        for operand in operands {
            match operand {
                Operand::Text(bytes) => self.show_string(bytes, scope, state, place),
                Operand::Number(adjustment) => {
                    let moved = -adjustment / 1000.0 * state.size;
                    if self.backend.is_vertical_font(scope, &state.font) {
                        place.text = Matrix::translation(0.0, moved).then(&place.text);
                    } else {
                        place.text = Matrix::translation(moved * state.stretch, 0.0).then(&place.text);
                    }
                }
                Operand::Name(_) => {}
            }
        }
    }

    fn show_string(&mut self, bytes: &[u8], scope: ResourceScope, state: &State, place: &mut Place) {
        if bytes.is_empty() {
            return;
        }
        self.budget.bytes = self.budget.bytes.saturating_sub(bytes.len());
        self.shown.strings += 1;
        let run = self.backend.decode_run(scope, &state.font, bytes);
        let advance = advance(&run, state);
        let whole = Matrix::translation(0.0, state.rise).then(&place.text).then(&state.matrix);
        place.text = Matrix::translation(advance.0, advance.1).then(&place.text);
        if run.decoded.suppressed.is_some() {
            self.shown.unreadable += 1;
        }
        let (start, end) = (whole.apply(0.0, 0.0), whole.apply(advance.0 - state.letters, advance.1));
        let size = (state.size * whole.height()).abs();
        if !run.decoded.text.is_empty() && self.is_on_page(start, end) && size > 0.1 {
            self.shown.pieces.push(Piece { text: run.decoded.text, start, end, size });
        }
    }

    fn is_on_page(&self, start: (f32, f32), end: (f32, f32)) -> bool {
        let overlaps = |a: f32, b: f32, length: f32| a.max(b) >= -1.0 && a.min(b) <= length + 1.0;
        overlaps(start.0, end.0, self.shown.width) && overlaps(start.1, end.1, self.shown.height)
    }
}

/// How far a string moves the place of the next one.
fn advance(run: &DecodedRun, state: &State) -> (f32, f32) {
    let Some(glyphs) = &run.glyphs else {
        let count = f32::from(u16::try_from(run.decoded.text.chars().count()).unwrap_or(u16::MAX));
        return (count * (UNKNOWN_WIDTH / 1000.0 * state.size + state.letters) * state.stretch, 0.0);
    };
    let (mut across, mut down) = (0.0, 0.0);
    for glyph in glyphs {
        let space = state.letters + if glyph.is_word_space { state.words } else { 0.0 };
        match &glyph.vertical {
            Some(vertical) => down += vertical.advance / 1000.0 * state.size + space,
            None => across += (glyph.width / 1000.0 * state.size + space) * state.stretch,
        }
    }
    (across, down)
}

impl State {
    fn set(&mut self, operator: &[u8], operands: &[Operand]) -> bool {
        let last = match operands.last() {
            Some(Operand::Number(number)) => *number,
            _ => 0.0,
        };
        match operator {
            b"cm" => {
                if let Some(matrix) = Matrix::from_operands(operands) {
                    self.matrix = matrix.then(&self.matrix);
                }
            }
            b"Tf" => {
                self.size = last;
                if let Some(Operand::Name(name)) = operands.first() {
                    self.font.clone_from(name);
                }
            }
            b"Tc" => self.letters = last,
            b"Tw" => self.words = last,
            b"Tz" => self.stretch = last / 100.0,
            b"TL" => self.leading = last,
            b"Ts" => self.rise = last,
            _ => return false,
        }
        true
    }
}

impl Place {
    /// Carries out an operator that only moves. `'` and `"` move, too, but then still have to show.
    fn moved(&mut self, operator: &[u8], operands: &[Operand], state: &mut State) -> bool {
        let number = |at: usize| match operands.get(at) {
            Some(Operand::Number(number)) => *number,
            _ => 0.0,
        };
        match operator {
            b"BT" => (self.line, self.text) = (Matrix::IDENTITY, Matrix::IDENTITY),
            b"Td" => self.next(number(0), number(1)),
            b"TD" => {
                state.leading = -number(1);
                self.next(number(0), number(1));
            }
            b"T*" => self.next(0.0, -state.leading),
            b"Tm" => {
                if let Some(matrix) = Matrix::from_operands(operands) {
                    (self.line, self.text) = (matrix, matrix);
                }
            }
            b"'" | b"\"" => {
                if operator == b"\"" {
                    (state.words, state.letters) = (number(0), number(1));
                }
                self.next(0.0, -state.leading);
                return false;
            }
            _ => return false,
        }
        true
    }

    fn next(&mut self, across: f32, up: f32) {
        self.line = Matrix::translation(across, up).then(&self.line);
        self.text = self.line;
    }
}
