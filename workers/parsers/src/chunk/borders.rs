//! Where passages end. What is too long is cut at its strongest border, and its parts again, until each fits. How strong a border is
//! follows from what stands right behind it, and not from what came before: so an edit moves no border but those next to it.

use std::ops::Range;

use super::{
    CHUNK_TOKENS_MAX, CODE_TOKENS_MAX,
    pieces::Piece,
    strongest::{Strength, Strongest},
};

/// A section under this many tokens shares a passage with its neighbours: crumbs answer no question.
const CRUMB_TOKENS: usize = 64;
/// Least tokens of a part where nothing but length asks for a cut; the next where that leaves no border.
const PART_TOKENS_MIN: [usize; 3] = [100, 50, 1];
/// Strengths from here on are headings', by their level.
pub(super) const HEADING: u8 = 10;
/// Tokens that a model puts around a text.
const AROUND: usize = 2;
/// Tokens of the headings above a passage that are allowed for; beyond that, the passage is longer than a model reads.
const PATH_TOKENS_MAX: usize = 128;

/// Tokens that are left for the text of a passage whose headings have `path` tokens.
pub(super) fn room(path: usize) -> usize {
    CHUNK_TOKENS_MAX - AROUND - path.min(PATH_TOKENS_MAX)
}

struct Run<'a> {
    pieces: &'a [Piece],
    /// Tokens before each piece.
    before: Vec<usize>,
    strongest: Strongest,
}

/// Indices of the pieces that begin a passage, but for the first one.
pub(super) fn borders(pieces: &[Piece]) -> Vec<usize> {
    let strengths: Vec<Strength> = pieces.iter().map(|piece| piece.border).collect();
    let mut before = vec![0];
    for piece in pieces {
        before.push(before[before.len() - 1] + piece.tokens);
    }
    let run = Run { pieces, before, strongest: Strongest::new(strengths) };
    let mut cuts = Vec::new();
    let mut open = Vec::from([(0, pieces.len())]);
    while let Some((start, end)) = open.pop() {
        let part = start..end;
        if let Some(cut) = run.cut(&part) {
            cuts.push(cut);
            open.push((start, cut));
            open.push((cut, end));
        }
    }
    cuts.sort_unstable();
    cuts
}

impl Run<'_> {
    fn tokens(&self, part: &Range<usize>) -> usize {
        self.before[part.end] - self.before[part.start]
    }

    fn cut(&self, part: &Range<usize>) -> Option<usize> {
        let heading = |at: &usize| self.strongest.strength(*at).0 >= HEADING;
        if let Some(at) = self.strongest_inside(part, CRUMB_TOKENS).filter(heading) {
            return Some(at);
        }
        if self.fits(part) {
            return None;
        }
        PART_TOKENS_MIN.iter().find_map(|least| self.strongest_inside(part, *least))
    }

    /// The strongest border with at least so many tokens on both sides. No border is where strength is 0.
    fn strongest_inside(&self, part: &Range<usize>, least: usize) -> Option<usize> {
        let (start, end) = (self.before[part.start] + least, self.before[part.end].saturating_sub(least));
        let first = self.before.partition_point(|before| *before < start).max(part.start + 1);
        let behind = self.before.partition_point(|before| *before <= end).min(part.end);
        self.strongest.within(first..behind).filter(|at| self.strongest.strength(*at).0 > 0)
    }

    /// Whether a model reads all of it, or as much of it as code that stays whole allows: with a crumb before or behind it.
    fn fits(&self, part: &Range<usize>) -> bool {
        let tokens = self.tokens(part);
        let Some(first) = self.pieces[part.clone()].first() else { return true };
        if tokens <= room(first.path_tokens) {
            return true;
        }
        tokens <= CODE_TOKENS_MAX + CRUMB_TOKENS
            && self.pieces[part.clone()].iter().any(|piece| {
                piece.is_code && piece.tokens > CHUNK_TOKENS_MAX / 2 && tokens - piece.tokens <= CRUMB_TOKENS
            })
    }
}
