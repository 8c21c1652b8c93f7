//! Words near a number that say what it is.
//!
//! Not a parser of sentences: a word counts wherever it stands in the window.

use std::ops::Range;

/// Bytes looked at before a number, cut at a character.
const BEFORE: usize = 64;
/// Bytes looked at behind a number, cut at a character.
const AFTER: usize = 24;

/// The words around a number, in lower case.
pub(super) struct Context {
    before: String,
    after: String,
}

impl Context {
    /// The surroundings of a range of bytes.
    pub(super) fn of(text: &str, range: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(range.start.saturating_sub(BEFORE));
        let end = text.floor_char_boundary((range.end + AFTER).min(text.len())).max(range.end);
        Self { before: text[start..range.start].to_lowercase(), after: text[range.end..end].to_lowercase() }
    }

    /// Whether one of the words, or a word that starts with one that ends in `*`, stands before the number.
    pub(super) fn before(&self, words: &[&str]) -> bool {
        holds(&self.before, words)
    }

    /// Whether one of the words stands behind the number.
    pub(super) fn behind(&self, words: &[&str]) -> bool {
        holds(&self.after, words)
    }

    /// Whether one of the words follows the number within its clause: nothing but words, spaces, hyphens and brackets
    /// stands between.
    pub(super) fn labelled(&self, words: &[&str]) -> bool {
        let ends = |c: char| !(c.is_alphanumeric() || matches!(c, ' ' | '-' | '(' | '\'' | '\u{a0}'));
        holds(&self.after[..self.after.find(ends).unwrap_or(self.after.len())], words)
    }

    /// Whether one of the words is among the last `count` before the number, whatever marks stand between them.
    pub(super) fn right_before(&self, count: usize, words: &[&str]) -> bool {
        let before: Vec<&str> = split(&self.before).collect();
        before.iter().rev().take(count).any(|word| words.contains(word))
    }
}

fn holds(text: &str, words: &[&str]) -> bool {
    split(text).any(|found| {
        words.iter().any(|word| match word.strip_suffix('*') {
            Some(start) => found.starts_with(start),
            None => found == *word,
        })
    })
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_and_openings_are_told_apart() {
        let text = "My Telefonnummer: 12, office";
        let context = Context::of(text, &(18..20));
        assert!(context.before(&["telefon*"]) && !context.before(&["telefon", "office"]));
        assert!(context.behind(&["office"]) && !context.labelled(&["office"]));
        assert!(Context::of("12 (office)", &(0..2)).labelled(&["office"]));
        assert!(context.right_before(2, &["my"]) && !context.right_before(1, &["my"]));
    }

    #[test]
    fn windows_are_cut_at_characters() {
        let text = format!("{}12{}", "é".repeat(40), "é".repeat(40));
        assert!(Context::of(&text, &(80..82)).before(&["é*"]));
    }
}
