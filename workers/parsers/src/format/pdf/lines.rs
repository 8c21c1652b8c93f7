//! Pieces of text to printed lines: what stands on one base line without a gap that only columns have.

use event_model::Bounds;

use super::interpreter::Piece;

/// A wider gap, in sizes of the font, separates words; a narrower one is kerning.
const WORD_GAP: f32 = 0.17;
/// A wider gap separates columns or cells. Justified text stretches its spaces to two thirds.
const COLUMN_GAP: f32 = 1.0;
/// Base lines this close, in sizes of the font, are one: indices and powers stand off by a third.
const SAME_LINE: f32 = 0.4;
/// The same text this close to itself is bold by overprinting, or a shadow.
const OVERPRINT: f32 = 0.2;

/// A printed line, or a part of one in its column.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub text: String,
    pub bounds: Bounds,
    pub size: f32,
    /// In quarter turns; 0 reads from left to right.
    pub turn: u8,
    /// Set when it is repeated at an edge of the pages.
    pub edge: Option<Edge>,
}

/// Where something is repeated on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Top,
    Bottom,
}

/// A piece in the coordinates of its reading direction.
struct Turned<'a> {
    piece: &'a Piece,
    along: (f32, f32),
    down: f32,
    turn: u8,
}

/// The lines of a page, those that read from left to right first, each kind from top to bottom.
pub(super) fn lines(pieces: &[Piece]) -> Vec<Segment> {
    let mut turned: Vec<Turned<'_>> = pieces.iter().filter(|piece| is_finite(piece)).map(turned).collect();
    turned.sort_by(|a, b| a.turn.cmp(&b.turn).then(a.down.total_cmp(&b.down)));
    let mut segments = Vec::new();
    let mut line: Vec<Turned<'_>> = Vec::new();
    for piece in turned {
        let same = line.last().is_some_and(|last| {
            let near = SAME_LINE * last.piece.size.min(piece.piece.size).max(1.0);
            last.turn == piece.turn && piece.down - last.down < near && piece.down - line[0].down < near * 2.0
        });
        if !same {
            cut(&mut line, &mut segments);
        }
        line.push(piece);
    }
    cut(&mut line, &mut segments);
    segments
}

fn is_finite(piece: &Piece) -> bool {
    [piece.start.0, piece.start.1, piece.end.0, piece.end.1, piece.size]
        .iter()
        .all(|number| number.is_finite())
}

fn turned(piece: &Piece) -> Turned<'_> {
    let (dx, dy) = (piece.end.0 - piece.start.0, piece.end.1 - piece.start.1);
    let turn = match (dx.abs() >= dy.abs(), dx >= 0.0, dy < 0.0) {
        (true, true, _) => 0,
        (false, _, true) => 1,
        (true, false, _) => 2,
        (false, _, false) => 3,
    };
    let along = |(x, y): (f32, f32)| [x, -y, -x, y][usize::from(turn)];
    let (x, y) = piece.start;
    let down = [y, x, -y, -x][usize::from(turn)];
    Turned { piece, along: (along(piece.start), along(piece.end)), down, turn }
}

/// Cuts what stands on one base line at the gaps between columns.
fn cut(line: &mut Vec<Turned<'_>>, segments: &mut Vec<Segment>) {
    line.sort_by(|a, b| a.along.0.total_cmp(&b.along.0));
    let mut open: Option<(Segment, f32)> = None;
    let mut before: Vec<(f32, &str)> = Vec::new();
    for turned in line.drain(..) {
        let (text, start) = (turned.piece.text.as_str(), turned.along.0);
        let near = OVERPRINT * turned.piece.size;
        let again = |(at, earlier): &(f32, &str)| start - at < near && *earlier == text;
        if !text.trim().is_empty() && before.iter().rev().take(8).any(again) {
            continue;
        }
        before.push((start, text));
        match &mut open {
            Some((segment, end)) if start - *end < COLUMN_GAP * segment.size.max(turned.piece.size) => {
                if start - *end > WORD_GAP * turned.piece.size {
                    push_space(&mut segment.text);
                }
                push_text(&mut segment.text, text);
                if !text.trim().is_empty() {
                    *end = end.max(turned.along.1);
                    segment.bounds = around(&segment.bounds, &bounds(&turned));
                    segment.size = segment.size.max(turned.piece.size);
                }
            }
            _ if text.trim().is_empty() => {}
            _ => {
                segments.extend(open.take().map(|(segment, _)| segment));
                let mut segment = Segment {
                    text: String::new(),
                    bounds: bounds(&turned),
                    size: turned.piece.size,
                    turn: turned.turn,
                    edge: None,
                };
                push_text(&mut segment.text, text);
                open = Some((segment, turned.along.1));
            }
        }
    }
    segments.extend(open.map(|(segment, _)| segment));
    for segment in segments.iter_mut().rev().take_while(|segment| segment.text.ends_with(' ')) {
        segment.text.truncate(segment.text.trim_end().len());
    }
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

/// Spells ligatures out and keeps one space of many.
fn push_text(text: &mut String, more: &str) {
    for character in more.chars() {
        match character {
            'ﬀ' => text.push_str("ff"),
            'ﬁ' => text.push_str("fi"),
            'ﬂ' => text.push_str("fl"),
            'ﬃ' => text.push_str("ffi"),
            'ﬄ' => text.push_str("ffl"),
            'ﬅ' | 'ﬆ' => text.push_str("st"),
            '\u{ad}' => text.push('-'),
            character if character.is_whitespace() => push_space(text),
            character => text.push(character),
        }
    }
}

fn bounds(turned: &Turned<'_>) -> Bounds {
    let size = turned.piece.size;
    let (over, under) = (size * 0.8, size * 0.2);
    let ((left, right), down) = (turned.along, turned.down);
    let (top, bottom) = (down - over, down + under);
    match turned.turn {
        0 => Bounds { left, top, right, bottom },
        1 => Bounds { left: top, top: -right, right: bottom, bottom: -left },
        2 => Bounds { left: -right, top: -bottom, right: -left, bottom: -top },
        _ => Bounds { left: -bottom, top: left, right: -top, bottom: right },
    }
}

/// The rectangle around both.
pub(super) fn around(a: &Bounds, b: &Bounds) -> Bounds {
    Bounds {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    }
}

/// In tenths of a point, as the model has it.
pub(super) fn rounded(bounds: &Bounds) -> Bounds {
    let tenths = |value: f32| (value * 10.0).round() / 10.0;
    Bounds {
        left: tenths(bounds.left),
        top: tenths(bounds.top),
        right: tenths(bounds.right),
        bottom: tenths(bounds.bottom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, x: f32, y: f32, width: f32) -> Piece {
        Piece { text: text.into(), start: (x, y), end: (x + width, y), size: 10.0, ..Piece::default() }
    }

    #[test]
    fn gaps_make_words_and_columns() {
        let pieces = [
            piece("fi", 300.0, 50.0, 10.0),
            piece("Hel", 10.0, 50.0, 15.0),
            piece("lo", 25.2, 50.0, 10.0),
            piece("ﬁre", 38.0, 51.0, 12.0),
            piece("Hel", 10.5, 50.0, 15.0),
            piece("below", 10.0, 62.0, 20.0),
        ];
        let texts: Vec<String> = lines(&pieces).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["Hello fire", "fi", "below"]);
    }

    #[test]
    fn text_that_reads_upwards_has_its_box_on_the_page() {
        let up = Piece { start: (20.0, 300.0), end: (20.0, 250.0), ..piece("margin", 0.0, 0.0, 0.0) };
        let lines = lines(&[up]);
        assert_eq!(lines[0].turn, 1);
        assert_eq!(lines[0].bounds, Bounds { left: 12.0, top: 250.0, right: 22.0, bottom: 300.0 });
    }
}
