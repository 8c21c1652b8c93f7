//! The transformations of a content stream.

use unpdf::parser::backend::PageBox;

use super::operators::Operand;

/// `[a b c d e f]` as PDF writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix(pub [f32; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub(super) fn translation(across: f32, up: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, across, up])
    }

    /// From the page's own space to points from the upper left corner of what is seen, downwards.
    pub(super) fn of_page(crop: &PageBox, rotation: u16) -> Self {
        Self(match rotation {
            90 => [0.0, 1.0, 1.0, 0.0, -crop.lly, -crop.llx],
            180 => [-1.0, 0.0, 0.0, 1.0, crop.urx, -crop.lly],
            270 => [0.0, -1.0, -1.0, 0.0, crop.ury, crop.urx],
            _ => [1.0, 0.0, 0.0, -1.0, -crop.llx, crop.ury],
        })
    }

    pub(super) fn from_operands(operands: &[Operand]) -> Option<Self> {
        let numbers: Vec<f32> = operands
            .iter()
            .filter_map(|operand| match operand {
                Operand::Number(number) => Some(*number),
                _ => None,
            })
            .collect();
        numbers.try_into().ok().map(Self)
    }

    /// This first, then `outer`.
    pub(super) fn then(&self, outer: &Self) -> Self {
        let corner = |at: usize| (self.0[at], self.0[at + 1]);
        let ([first, second], m) = ([corner(0), corner(2)], &outer.0);
        let turn = |(x, y): (f32, f32)| (x * m[0] + y * m[2], x * m[1] + y * m[3]);
        let (across, up) = (turn(first), turn(second));
        let origin = outer.apply(self.0[4], self.0[5]);
        Self([across.0, across.1, up.0, up.1, origin.0, origin.1])
    }

    pub(super) fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.0;
        (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])
    }

    /// How long a vertical unit becomes.
    pub(super) fn height(&self) -> f32 {
        self.0[2].hypot(self.0[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_page_is_seen_from_its_upper_left_corner() {
        let crop = PageBox { llx: 10.0, lly: 20.0, urx: 110.0, ury: 220.0 };
        let places = [(0, (0.0, 0.0)), (90, (200.0, 0.0)), (180, (100.0, 200.0)), (270, (0.0, 100.0))];
        for (rotation, place) in places {
            let upper_left = Matrix::translation(10.0, 220.0).then(&Matrix::of_page(&crop, rotation));
            assert_eq!(upper_left.apply(0.0, 0.0), place, "{rotation}");
        }
    }
}
