//! Places in bytes as places in characters, looked up without counting from the beginning each time.

use std::ops::Range;

use event_model::TextRange;

use crate::text_lines::chars;

/// Bytes between two places whose character is remembered.
const STEP: usize = 1024;

/// The characters before every 1024th byte of a text.
pub(crate) struct CharacterIndex<'a> {
    text: &'a str,
    /// Characters that start before each multiple of [`STEP`].
    before: Vec<u64>,
}

impl<'a> CharacterIndex<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut before = vec![0];
        let mut from = 0;
        while from + STEP <= text.len() {
            let (start, end) = (text.ceil_char_boundary(from), text.ceil_char_boundary(from + STEP));
            before.push(before.last().copied().unwrap_or_default() + chars(&text[start..end]));
            from += STEP;
        }
        Self { text, before }
    }

    /// The character at a byte, which must be the beginning of one or the end of the text.
    pub(crate) fn character(&self, byte: usize) -> u32 {
        let step = byte / STEP;
        let start = self.text.ceil_char_boundary(step * STEP);
        let count = self.before.get(step).copied().unwrap_or_default()
            + chars(self.text.get(start..byte).unwrap_or_default());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// A range of bytes in characters.
    pub(crate) fn range(&self, bytes: &Range<usize>) -> TextRange {
        TextRange { start: self.character(bytes.start), end: self.character(bytes.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_its_number() {
        let text = "aé漢😀".repeat(1000);
        let index = CharacterIndex::of(&text);
        for (number, (byte, _)) in (0..).zip(text.char_indices()) {
            assert_eq!(index.character(byte), number);
        }
        assert_eq!(index.range(&(0..text.len())), TextRange { start: 0, end: 4000 });
    }
}
