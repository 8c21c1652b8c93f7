//! Pieces of text to printed lines: what stands on one base line without a gap that only columns have.

use std::{borrow::Cow, ops::Range};

use event_model::Bounds;

use super::{
    accents,
    drawing::{Rule, Rules},
    fonts::Style,
    gutters,
    interpreter::Piece,
    list,
    segment::{Seam, Segment, around},
};

/// A wider gap, in sizes of the font, separates words; a narrower one is kerning.
const WORD_GAP: f32 = 0.17;
/// The same on a line that has its spaces as characters.
const WORD_GAP_SPACED: f32 = 0.21;
/// A line with fewer spaces than one to so many characters has others than these.
const CHARACTERS_A_SPACE: usize = 16;
/// A gap between pieces as wide as this may be one between cells.
const SEAM: f32 = 0.45;
/// Pieces that differ in size by this factor and cross are no line.
const OTHER_SIZE: f32 = 1.25;
/// A wider gap separates columns or cells. Justified text stretches its spaces to two thirds.
const COLUMN_GAP: f32 = 1.0;
/// Behind the number of a section or the mark of an item, its words may stand farther off.
const LABEL_GAP: f32 = 3.5;
/// Base lines this close, in sizes of the font, are one: indices and powers stand off by a third.
const SAME_LINE: f32 = 0.4;
/// Indices stand off by up to this part of the size of what they are set to.
const INDEX_LINE: f32 = 0.5;
/// As near to its base an index stands, in sizes of that.
const INDEX_REACH: f32 = 0.3;
/// More pairs of pieces than this in two rows are not looked at: no line has so many indices.
const INDEX_PAIRS_MAX: usize = 250_000;
/// Rows that may still get a piece.
const ROWS_NEAR: usize = 6;
/// The same text this close to itself is bold by overprinting, or a shadow.
const OVERPRINT: f32 = 0.2;

/// A piece in the coordinates of its reading direction.
#[derive(Clone, Copy)]
struct Turned<'a> {
    piece: &'a Piece,
    along: (f32, f32),
    down: f32,
    turn: u8,
}

/// The lines of a page, those that read from left to right first, each kind from top to bottom. Where a rule runs down between two
/// pieces, they stand in different cells; `links` are the areas that lead somewhere.
pub(super) fn lines(pieces: &[Piece], rules: &Rules, links: &[Bounds]) -> Vec<Segment> {
    let mut turned: Vec<Turned<'_>> = pieces.iter().filter(|piece| is_finite(piece)).map(turned).collect();
    turned.sort_by(|a, b| a.turn.cmp(&b.turn).then(a.down.total_cmp(&b.down)));
    let mut cutter = Cutter { walls: walls(rules), links, segments: Vec::new() };
    for mut row in rows(turned) {
        cutter.cut(&mut row.pieces);
    }
    gutters::part(cutter.segments)
}

/// Pieces on one base line.
struct Row<'a> {
    down: f32,
    /// The size of its largest piece.
    size: f32,
    turn: u8,
    pieces: Vec<Turned<'a>>,
}

/// Pieces, given from top to bottom, by their base lines; indices and powers stand in the row of what they are set to.
fn rows(turned: Vec<Turned<'_>>) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for piece in turned {
        let size = piece.piece.size;
        let is_same = |row: &&mut Row<'_>| {
            row.turn == piece.turn && piece.down - row.down < SAME_LINE * row.size.min(size).max(1.0)
        };
        match rows.iter_mut().rev().take(ROWS_NEAR).find(is_same) {
            Some(row) => {
                row.size = row.size.max(size);
                row.pieces.push(piece);
            }
            None => rows.push(Row { down: piece.down, size, turn: piece.turn, pieces: vec![piece] }),
        }
    }
    for at in 0..rows.len() {
        let near = at.saturating_sub(ROWS_NEAR)..(at + ROWS_NEAR).min(rows.len());
        for other in near.filter(|other| *other != at) {
            attach(&mut rows, at, other);
        }
    }
    rows.retain(|row| !row.pieces.is_empty());
    rows
}

/// Moves the indices of one row to the pieces that they touch in another.
fn attach(rows: &mut [Row<'_>], from: usize, to: usize) {
    let [small, large] = [&rows[from], &rows[to]];
    let is_far = (small.down - large.down).abs() > INDEX_LINE * large.size;
    let is_crowded = small.pieces.len() * large.pieces.len() > INDEX_PAIRS_MAX;
    let is_same_size = small.size * OTHER_SIZE > large.size;
    if small.turn != large.turn || is_far || is_same_size || is_crowded || small.pieces.is_empty() {
        return;
    }
    let reach = INDEX_REACH * large.size;
    let touches = |piece: &Turned<'_>| {
        large.pieces.iter().any(|base| {
            let ends_word = |end: char| end.is_alphanumeric() || matches!(end, ')' | ']' | '}');
            let is_base = base.piece.size >= piece.piece.size * OTHER_SIZE
                && base.piece.text.trim_end().ends_with(ends_word);
            is_base
                && ((piece.along.0 - base.along.1).abs() < reach
                    || (base.along.0 - piece.along.1).abs() < reach)
        })
    };
    let (moved, kept): (Vec<Turned<'_>>, Vec<Turned<'_>>) =
        small.pieces.iter().partition(|piece| touches(piece));
    rows[from].pieces = kept;
    rows[to].pieces.extend(moved);
}

/// Whether a line has its spaces as characters; gaps are then kerning more often than not.
fn has_spaces(line: &[Turned<'_>]) -> bool {
    let characters = || line.iter().flat_map(|turned| turned.piece.text.chars());
    let blanks = characters().filter(|character| character.is_whitespace()).count();
    blanks * CHARACTERS_A_SPACE >= characters().count()
}

/// The rules that run down, from left to right.
fn walls(rules: &Rules) -> Vec<Rule> {
    let mut walls = if rules.is_picture() { Vec::new() } else { rules.down.clone() };
    walls.sort_by(|a, b| a.at.total_cmp(&b.at));
    walls
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

/// Cuts what stands on one base line into segments.
struct Cutter<'a> {
    walls: Vec<Rule>,
    links: &'a [Bounds],
    segments: Vec<Segment>,
}

/// A segment in the making.
struct Open {
    segment: Segment,
    end: f32,
    characters: usize,
    bold: usize,
    italic: usize,
    fixed: usize,
}

impl Cutter<'_> {
    fn cut(&mut self, line: &mut Vec<Turned<'_>>) {
        line.sort_by(|a, b| a.along.0.total_cmp(&b.along.0));
        let word_gap = if has_spaces(line) { WORD_GAP_SPACED } else { WORD_GAP };
        let (mut open, mut strays): (Option<Open>, Vec<Turned<'_>>) = (None, Vec::new());
        let mut before: Vec<(f32, &str)> = Vec::new();
        for turned in line.drain(..) {
            let (text, start) = (turned.piece.text.as_str(), turned.along.0);
            let is_blank = text.trim().is_empty();
            let near = (OVERPRINT * turned.piece.size).min((turned.along.1 - start) * 0.5);
            let again = |(at, earlier): &(f32, &str)| start - at < near && *earlier == text;
            if !is_blank && before.iter().rev().take(8).any(again) {
                // What is printed twice is bold.
                if let Some(open) = &mut open {
                    open.bold += text.chars().count();
                }
                continue;
            }
            before.push((start, text));
            match &mut open {
                Some(last) if last.is_crossed_by(&turned) => strays.push(turned),
                Some(last) if self.is_same(last, &turned) => last.push(&turned, word_gap, self.links),
                _ if is_blank => {}
                _ => {
                    self.segments.extend(open.take().map(Open::close));
                    let mut next = Open::at(&turned);
                    next.push(&turned, word_gap, self.links);
                    open = Some(next);
                }
            }
        }
        self.segments.extend(open.map(Open::close));
        if !strays.is_empty() {
            self.cut(&mut strays);
        }
    }

    /// Whether a piece goes on where the segment ends.
    fn is_same(&self, open: &Open, turned: &Turned<'_>) -> bool {
        let (gap, size) = (turned.along.0 - open.end, open.segment.size.max(turned.piece.size));
        let label = open.segment.text.trim_end();
        let is_bold = open.bold > 0 && turned.piece.style.bold;
        let is_section = is_bold && label.len() < 3 && label.bytes().all(|byte| byte.is_ascii_digit());
        let limit = if is_section || list::is_label(label) { LABEL_GAP } else { COLUMN_GAP };
        if gap >= limit * size {
            return false;
        }
        gap < WORD_GAP * turned.piece.size || turned.turn != 0 || !self.is_walled(open.end, turned)
    }

    fn is_walled(&self, end: f32, turned: &Turned<'_>) -> bool {
        let first = self.walls.partition_point(|wall| wall.at < end - 1.0);
        let between = self.walls[first..].iter().take_while(|wall| wall.at <= turned.along.0 + 1.0);
        let middle = turned.down - turned.piece.size * 0.3;
        between.into_iter().any(|wall| wall.from <= middle && middle <= wall.to)
    }
}

impl Open {
    fn at(turned: &Turned<'_>) -> Self {
        let piece = turned.piece;
        let segment = Segment {
            bounds: bounds(turned),
            size: piece.size,
            turn: turned.turn,
            mark: piece.mark,
            is_artifact: piece.is_artifact,
            ..Segment::default()
        };
        Self { segment, end: turned.along.1, characters: 0, bold: 0, italic: 0, fixed: 0 }
    }

    /// Whether a piece of another size runs through what stands there already: it belongs to another line.
    fn is_crossed_by(&self, turned: &Turned<'_>) -> bool {
        let (own, other) = (self.segment.size, turned.piece.size);
        let is_other = own.max(other) > OTHER_SIZE * own.min(other);
        is_other && turned.along.0 < self.end - 0.5 * other && !turned.piece.text.trim().is_empty()
    }

    fn push(&mut self, turned: &Turned<'_>, word_gap: f32, links: &[Bounds]) {
        let (piece, segment) = (turned.piece, &mut self.segment);
        let gap = turned.along.0 - self.end;
        if gap > word_gap * piece.size {
            segment.mend_end();
            push_space(&mut segment.text);
        }
        let text = if accents::has_accents(&piece.text) {
            Cow::Owned(accents::joined(&piece.text))
        } else {
            Cow::Borrowed(piece.text.as_str())
        };
        let text = segment.bridged(text);
        let from = segment.text.len();
        if gap > SEAM * piece.size && turned.turn == 0 && !piece.text.trim().is_empty() {
            segment.seams.push(Seam { at: from, from: self.end, to: turned.along.0 });
        }
        push_text(&mut segment.text, &text);
        if piece.text.trim().is_empty() {
            return;
        }
        self.end = self.end.max(turned.along.1);
        let own = bounds(turned);
        segment.bounds = around(&segment.bounds, &own);
        segment.size = segment.size.max(piece.size);
        if let Some(link) = links.iter().rposition(|link| is_inside(&own, link)) {
            push_link(&mut segment.links, from..segment.text.len(), link);
        }
        let count = piece.text.chars().count();
        self.characters += count;
        for (set, part) in [
            (piece.style.bold, &mut self.bold),
            (piece.style.italic, &mut self.italic),
            (piece.style.fixed, &mut self.fixed),
        ] {
            *part += if set { count } else { 0 };
        }
    }

    fn close(self) -> Segment {
        let Self { mut segment, characters, .. } = self;
        segment.text.truncate(segment.text.trim_end().len());
        segment.mend_end();
        let most = |part: usize| part * 10 >= characters * 9 && part > 0;
        segment.style = Style { bold: most(self.bold), italic: most(self.italic), fixed: most(self.fixed) };
        segment
    }
}

/// Whether the middle of a word lies in the area of a link.
fn is_inside(word: &Bounds, link: &Bounds) -> bool {
    let (across, down) = (word.left.midpoint(word.right), word.top.midpoint(word.bottom));
    link.left <= across && across <= link.right && link.top <= down && down <= link.bottom
}

fn push_link(links: &mut Vec<(Range<usize>, usize)>, range: Range<usize>, link: usize) {
    match links.last_mut() {
        Some((last, same)) if *same == link && last.end + 1 >= range.start => last.end = range.end,
        _ => links.push((range, link)),
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
        let texts: Vec<String> =
            lines(&pieces, &Rules::default(), &[]).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["Hello fire", "fi", "below"]);
    }

    #[test]
    fn indices_stand_with_what_they_are_set_to_and_notes_in_the_margin_do_not() {
        let small = |text: &str, x: f32, y: f32| Piece { size: 6.5, ..piece(text, x, y, 6.0) };
        let pieces = [
            piece("the 10", 10.0, 50.0, 30.0),
            small("th", 40.1, 45.4),
            piece("page of H", 50.0, 50.0, 45.0),
            small("2", 95.2, 52.5),
            piece("O", 101.5, 50.0, 8.0),
            small("margin", 150.0, 46.0),
        ];
        let texts: Vec<String> =
            lines(&pieces, &Rules::default(), &[]).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["margin", "the 10th page of H2O"]);
    }

    #[test]
    fn a_rule_that_runs_down_parts_what_stands_close() {
        let pieces = [
            piece("one", 10.0, 50.0, 15.0),
            piece("two", 29.0, 50.0, 15.0),
            piece("three", 47.0, 50.0, 20.0),
        ];
        let wall = Rule { at: 27.0, from: 40.0, to: 60.0 };
        let texts =
            |rules: &Rules| lines(&pieces, rules, &[]).into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(&Rules { across: Vec::new(), down: vec![wall] }), ["one", "two three"]);
        let below = Rule { from: 60.0, to: 90.0, ..wall };
        assert_eq!(texts(&Rules { across: Vec::new(), down: vec![below] }), ["one two three"]);
    }

    #[test]
    fn words_know_where_they_lead_and_how_they_are_set() {
        let bold = Style { bold: true, ..Style::default() };
        let pieces: Vec<Piece> = [
            piece("see ", 10.0, 50.0, 18.0),
            piece("the", 30.0, 50.0, 15.0),
            piece("page", 48.0, 50.0, 20.0),
        ]
        .into_iter()
        .map(|piece| Piece { style: bold, ..piece })
        .collect();
        let link = Bounds { left: 28.0, top: 38.0, right: 70.0, bottom: 53.0 };
        let lines = lines(&pieces, &Rules::default(), &[link]);
        assert_eq!((lines[0].text.as_str(), lines[0].style), ("see the page", bold));
        assert_eq!(lines[0].links, [(4..12, 0)]);
    }

    #[test]
    fn text_that_reads_upwards_has_its_box_on_the_page() {
        let up = Piece { start: (20.0, 300.0), end: (20.0, 250.0), ..piece("margin", 0.0, 0.0, 0.0) };
        let lines = lines(&[up], &Rules::default(), &[]);
        assert_eq!(lines[0].turn, 1);
        assert_eq!(lines[0].bounds, Bounds { left: 12.0, top: 250.0, right: 22.0, bottom: 300.0 });
    }
}
