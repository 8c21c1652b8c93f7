//! Lines and repeated pieces, cut and counted as Python does it.

use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::BuildHasherDefault,
};

/// A set whose order of hashing never varies: nothing here draws randomness.
pub(crate) type FixedSet<T> = HashSet<T, BuildHasherDefault<DefaultHasher>>;
/// A map with the same property.
pub(crate) type FixedMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Python's `str.splitlines`: eleven kinds of line end, and no empty line after the last one.
pub(crate) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut ends = text.char_indices().filter(|&(_, c)| is_line_end(c)).peekable();
    while let Some((at, end)) = ends.next() {
        lines.push(&text[start..at]);
        start = at + end.len_utf8();
        if end == '\r' && ends.next_if_eq(&(start, '\n')).is_some() {
            start += 1;
        }
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Python's `re.split(r"\n{min,}", text)`: the pieces between runs of at least `min` line feeds.
pub(crate) fn split_at_line_feeds(text: &str, min: usize) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|&&b| b == b'\n').count();
        if run >= min {
            pieces.push(&text[start..at]);
            start = at + run;
        }
        at += run.max(1);
    }
    pieces.push(&text[start..]);
    pieces
}

/// How much of a sequence of pieces repeats an earlier piece.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Repeats<'a> {
    /// Number of pieces.
    pub(crate) pieces: u64,
    /// Number of pieces equal to an earlier one.
    pub(crate) repeated: u64,
    /// Characters in the repeated pieces.
    pub(crate) repeated_chars: u64,
    /// The longest repeated piece.
    pub(crate) longest: Option<&'a str>,
}

impl<'a> Repeats<'a> {
    pub(crate) fn among(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen = FixedSet::default();
        let mut repeats = Self::default();
        for piece in pieces {
            repeats.pieces += 1;
            if !seen.insert(piece) {
                repeats.repeated += 1;
                repeats.repeated_chars += chars(piece);
                if repeats.longest.is_none_or(|longest| longest.len() < piece.len()) {
                    repeats.longest = Some(piece);
                }
            }
        }
        repeats
    }
}

/// Number of characters.
pub(crate) fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(split_lines(""), Vec::<&str>::new());
        assert_eq!(split_lines("a\n"), ["a"]);
        assert_eq!(split_lines("a\r\nb\rc\n\nd"), ["a", "b", "c", "", "d"]);
        assert_eq!(split_lines("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{1c}f"), ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn paragraphs_are_cut_at_runs_of_line_feeds() {
        assert_eq!(split_at_line_feeds("a\nb\n\nc\n\n\nd", 2), ["a\nb", "c", "d"]);
        assert_eq!(split_at_line_feeds("a\nb\n\nc\n", 1), ["a", "b", "c", ""]);
        assert_eq!(split_at_line_feeds("", 1), [""]);
    }

    #[test]
    fn the_first_of_equal_pieces_is_no_repeat() {
        let repeats = Repeats::among(["é", "b", "é", "é", "long", "long"]);
        assert_eq!((repeats.pieces, repeats.repeated, repeats.repeated_chars), (6, 3, 6));
        assert_eq!(repeats.longest, Some("long"));
    }
}
