//! Lines that are drawn on a page: the rules of tables. Thin filled boxes are rules, as most writers draw them; the edges of stroked boxes are.

use super::{matrix::Matrix, operators::Operand};

/// A filled box up to this thick is a rule, in points.
const THIN: f32 = 2.6;
/// Shorter rules part nothing.
const LENGTH_MIN: f32 = 4.0;
/// A page that draws more than this is a picture or a map.
const RULES_MAX: usize = 12_000;
const PATH_MAX: usize = 4_000;

/// A rule on the page, in points from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// The height of one that runs across, the distance from the left of one that runs down.
    pub at: f32,
    pub from: f32,
    pub to: f32,
}

/// The rules of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rules {
    pub across: Vec<Rule>,
    pub down: Vec<Rule>,
}

/// A path in the making.
#[derive(Debug, Default)]
pub(super) struct Path {
    lines: Vec<[(f32, f32); 2]>,
    boxes: Vec<[(f32, f32); 2]>,
    start: (f32, f32),
    place: (f32, f32),
}

impl Path {
    /// Carries out an operator that adds to the path or paints it.
    pub(super) fn draw(
        &mut self,
        operator: &[u8],
        operands: &[Operand],
        matrix: &Matrix,
        rules: &mut Rules,
    ) -> bool {
        let number = |at: usize| match operands.get(at) {
            Some(Operand::Number(number)) => *number,
            _ => 0.0,
        };
        match operator {
            b"m" => {
                self.place = matrix.apply(number(0), number(1));
                self.start = self.place;
            }
            b"l" => self.line_to(matrix.apply(number(0), number(1))),
            b"c" => self.place = matrix.apply(number(4), number(5)),
            b"v" | b"y" => self.place = matrix.apply(number(2), number(3)),
            b"h" => self.line_to(self.start),
            b"re" => {
                let (left, bottom) = (number(0), number(1));
                let corners =
                    [matrix.apply(left, bottom), matrix.apply(left + number(2), bottom + number(3))];
                if self.boxes.len() < PATH_MAX {
                    self.boxes.push(corners);
                }
            }
            b"f" | b"F" | b"f*" => self.fill(rules),
            b"S" => self.stroke(rules),
            b"s" | b"b" | b"b*" | b"B" | b"B*" => {
                self.line_to(self.start);
                self.stroke(rules);
            }
            b"n" => self.clear(),
            _ => return false,
        }
        true
    }

    fn line_to(&mut self, place: (f32, f32)) {
        if self.lines.len() < PATH_MAX {
            self.lines.push([self.place, place]);
        }
        self.place = place;
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.boxes.clear();
    }

    fn stroke(&mut self, rules: &mut Rules) {
        for [a, b] in &self.boxes {
            if (a.0 - b.0).abs().min((a.1 - b.1).abs()) <= THIN {
                rules.push_box(*a, *b);
                continue;
            }
            let (c, d) = ((a.0, b.1), (b.0, a.1));
            for [from, to] in [[*a, c], [c, *b], [*b, d], [d, *a]] {
                rules.push(from, to);
            }
        }
        self.lines.iter().for_each(|[from, to]| rules.push(*from, *to));
        self.clear();
    }

    /// A filled path of straight lines may be a box, too.
    fn fill(&mut self, rules: &mut Rules) {
        self.boxes.iter().for_each(|[a, b]| rules.push_box(*a, *b));
        if (3..=5).contains(&self.lines.len()) {
            let ends = || self.lines.iter().flatten();
            let low = ends().fold((f32::MAX, f32::MAX), |low, end| (low.0.min(end.0), low.1.min(end.1)));
            let high = ends().fold((f32::MIN, f32::MIN), |high, end| (high.0.max(end.0), high.1.max(end.1)));
            rules.push_box(low, high);
        }
        self.clear();
    }
}

impl Rules {
    fn push(&mut self, from: (f32, f32), to: (f32, f32)) {
        if self.across.len() + self.down.len() >= RULES_MAX {
            return;
        }
        let (width, height) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
        if width >= LENGTH_MIN && height <= 0.5 {
            let at = from.1.midpoint(to.1);
            self.across.push(Rule { at, from: from.0.min(to.0), to: from.0.max(to.0) });
        } else if height >= LENGTH_MIN && width <= 0.5 {
            let at = from.0.midpoint(to.0);
            self.down.push(Rule { at, from: from.1.min(to.1), to: from.1.max(to.1) });
        }
    }

    /// A box that is filled, if it is thin.
    fn push_box(&mut self, a: (f32, f32), b: (f32, f32)) {
        let middle = (a.0.midpoint(b.0), a.1.midpoint(b.1));
        let (width, height) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if height <= THIN && width > height {
            self.push((a.0, middle.1), (b.0, middle.1));
        } else if width <= THIN && height > width {
            self.push((middle.0, a.1), (middle.0, b.1));
        }
    }

    /// Whether there are too many to be those of tables.
    pub(super) fn is_picture(&self) -> bool {
        self.across.len() + self.down.len() >= RULES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(content: &str) -> Rules {
        let (mut path, mut rules) = (Path::default(), Rules::default());
        super::super::operators::read(content.as_bytes(), |operator, operands| {
            path.draw(operator, operands, &Matrix::IDENTITY, &mut rules);
            std::ops::ControlFlow::Continue(())
        });
        rules
    }

    #[test]
    fn lines_thin_boxes_and_edges_are_rules_and_pictures_are_not() {
        let across = Rule { at: 10.0, from: 0.0, to: 50.0 };
        assert_eq!(drawn("0 10 m 50 10 l S").across, [across]);
        assert_eq!(drawn("0 9.5 50 1 re f").across, [across]);
        assert_eq!(drawn("0 9.5 m 50 9.5 l 50 10.5 l 0 10.5 l h f").across, [across]);
        let edges = drawn("0 0 50 20 re S");
        assert_eq!((edges.across.len(), edges.down.len()), (2, 2));
        for none in ["0 0 50 20 re f", "0 0 m 50 20 l S", "0 10 m 50 10 l n", "0 0 m 1 1 2 2 50 0 c S"] {
            assert_eq!(drawn(none), Rules::default(), "{none}");
        }
    }
}
