//! What the operators of text leave behind for the next string: the font and how it is set, and where the text goes.

use super::{fonts::FontId, matrix::Matrix, operators::Operand};

/// The part of the graphics state that text depends on.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub matrix: Matrix,
    pub font: Option<FontId>,
    pub size: f32,
    pub letters: f32,
    pub words: f32,
    pub stretch: f32,
    pub leading: f32,
    pub rise: f32,
    /// Whether glyphs are filled and stroked, which makes them bold.
    pub is_stroked: bool,
}

/// Where text goes: both matrices of a text object.
#[derive(Debug)]
pub(super) struct Place {
    pub line: Matrix,
    pub text: Matrix,
}

impl State {
    pub(super) fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            font: None,
            size: 0.0,
            letters: 0.0,
            words: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            is_stroked: false,
        }
    }

    /// Carries out an operator that only sets something, but the name of the font.
    pub(super) fn set(&mut self, operator: &[u8], operands: &[Operand]) -> bool {
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
            b"Tf" => self.size = last,
            b"Tc" => self.letters = last,
            b"Tw" => self.words = last,
            b"Tz" => self.stretch = last / 100.0,
            b"TL" => self.leading = last,
            b"Ts" => self.rise = last,
            b"Tr" => self.is_stroked = (1.5..2.5).contains(&last),
            _ => return false,
        }
        true
    }
}

impl Place {
    pub(super) const START: Self = Self { line: Matrix::IDENTITY, text: Matrix::IDENTITY };

    /// Carries out an operator that only moves. `'` and `"` move, too, but then still have to show.
    pub(super) fn moved(&mut self, operator: &[u8], operands: &[Operand], state: &mut State) -> bool {
        let number = |at: usize| match operands.get(at) {
            Some(Operand::Number(number)) => *number,
            _ => 0.0,
        };
        match operator {
            b"BT" => *self = Self::START,
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

    /// Moves what is shown next.
    pub(super) fn advance(&mut self, across: f32, up: f32) {
        self.text = Matrix::translation(across, up).then(&self.text);
    }
}
