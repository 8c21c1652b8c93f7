//! Cuts one block that is longer than a chunk may be: at paragraph, line, sentence or word ends, in that order.

use std::ops::Range;

use super::{CHUNK_CHARACTERS_MAX, CHUNK_CHARACTERS_TARGET};

/// A part of a block, counted from the block's start.
pub(super) struct Part {
    pub(super) characters: Range<u32>,
    pub(super) bytes: Range<usize>,
}

/// The whole block if it fits, otherwise parts of about the target size without the white space between them. Code is cut
/// at line ends and keeps its indentation.
pub(super) fn split(text: &str, code: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut byte, mut character) = (0, 0);
    while byte < text.len() {
        let rest = &text[byte..];
        let len = cut(rest, code);
        let part = rest[..len].trim_end();
        if !part.is_empty() {
            let count = count(part);
            parts.push(Part { characters: character..character + count, bytes: byte..byte + part.len() });
        }
        let gap = if code { leading_lines(&rest[len..]) } else { leading_space(&rest[len..]) };
        character += count(&rest[..len + gap]);
        byte += len + gap;
    }
    parts
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Bytes of `text` that the next part takes.
fn cut(text: &str, code: bool) -> usize {
    if byte_of(text, CHUNK_CHARACTERS_MAX).is_none() {
        return text.len();
    }
    let target = byte_of(text, CHUNK_CHARACTERS_TARGET).unwrap_or(text.len());
    let window = &text[..target];
    let marks: &[&str] =
        if code { &["\n\n", "\n"] } else { &["\n\n", "\n", ". ", "! ", "? ", "。", "; ", ", ", " "] };
    // A mark in the first half would leave a crumb; a weaker mark further on is better.
    let late = |mark: &&str| window.rfind(*mark).map(|at| at + mark.len()).filter(|end| *end > target / 2);
    marks.iter().find_map(late).unwrap_or(target)
}

/// Where the character number `characters` starts, if the text is longer than that.
fn byte_of(text: &str, characters: usize) -> Option<usize> {
    if text.len() <= characters {
        return None;
    }
    text.char_indices().nth(characters).map(|(byte, _)| byte)
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// White space up to the start of the first line that has more than that.
fn leading_lines(text: &str) -> usize {
    text[..leading_space(text)].rfind('\n').map_or(0, |end| end + 1)
}
