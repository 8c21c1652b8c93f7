//! Cuts one block that is longer than a passage may be: prose at sentences, tables at rows, code between statements and lines; what
//! has none of these at places that its own characters decide, so that an edit does not move those further on.

use std::ops::Range;

use crate::syntax::{self, Grammar};

use super::{CODE_TOKENS_MAX, CountTokens, tokens};

/// A sentence of more tokens is cut at words.
const SENTENCE_TOKENS_MAX: usize = 64;
/// Characters of a part that is cut at words.
const ATOM_CHARACTERS: Range<usize> = 48..240;
/// Strengths of the borders inside of a block.
const AT_WORDS: u8 = 2;
const AT_LINES: u8 = 3;
const BETWEEN_STATEMENTS: u8 = 8;
/// Nodes inside each other that are still cut between.
const DEPTH_MAX: u8 = 4;

/// A part of a block.
pub(super) struct Part {
    pub(super) bytes: Range<usize>,
    pub(super) tokens: usize,
    /// Of the border before it, if it is not the first.
    pub(super) strength: u8,
}

/// Sentences of prose or rows of a table, and parts of those that are long.
pub(super) fn prose(text: &str, count: &dyn CountTokens) -> Vec<Part> {
    pieces_between(text, &sentence_ends(text), AT_LINES, count)
}

/// Statements of code that has a grammar, else its lines.
pub(super) fn code(
    text: &str,
    language: Option<&str>,
    left: &mut usize,
    count: &dyn CountTokens,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let cuts = language.and_then(Grammar::named).map(|grammar| statements(text, grammar, left, count));
    let cuts = cuts.unwrap_or_default();
    let ends = cuts.iter().map(|(at, _)| *at).chain([text.len()]);
    let starts = [(0, BETWEEN_STATEMENTS)].into_iter().chain(cuts.iter().copied());
    for ((start, strength), end) in starts.zip(ends) {
        let part = text[start..end].trim_end();
        if part.trim().is_empty() {
            continue;
        }
        let tokens = tokens(part, CODE_TOKENS_MAX, count);
        if tokens <= CODE_TOKENS_MAX && !cuts.is_empty() {
            parts.push(Part { bytes: start..start + part.len(), tokens, strength });
            continue;
        }
        let line_ends: Vec<usize> = part.match_indices('\n').map(|(at, _)| at + 1).collect();
        let mut lines = pieces_between(part, &line_ends, AT_LINES, count);
        for line in &mut lines {
            line.bytes = line.bytes.start + start..line.bytes.end + start;
        }
        if let Some(first) = lines.first_mut() {
            first.strength = strength;
        }
        parts.append(&mut lines);
    }
    parts
}

/// Starts of the lines between which the outermost syntax nodes stand; those that are too long are opened.
fn statements(text: &str, grammar: Grammar, left: &mut usize, count: &dyn CountTokens) -> Vec<(usize, u8)> {
    let Some(tree) = syntax::tree(grammar, text, left) else { return Vec::new() };
    let mut cuts = Vec::new();
    let mut open = vec![(tree.root_node(), 0_u8)];
    while let Some((node, depth)) = open.pop() {
        // Asking a node for the one before it looks at all before that.
        let mut after_comment = false;
        for child in node.named_children(&mut node.walk()) {
            let line = text[..child.start_byte()].rfind('\n').map_or(0, |end| end + 1);
            // A comment belongs to what follows it.
            if line > 0 && !after_comment {
                cuts.push((line, BETWEEN_STATEMENTS - depth));
            }
            after_comment = child.kind().ends_with("comment");
            let long = || tokens(&text[child.byte_range()], CODE_TOKENS_MAX, count) > CODE_TOKENS_MAX;
            if depth < DEPTH_MAX && long() {
                open.push((child, depth + 1));
            }
        }
    }
    cuts.sort_unstable_by_key(|(at, strength)| (*at, std::cmp::Reverse(*strength)));
    cuts.dedup_by_key(|(at, _)| *at);
    cuts
}

fn pieces_between(text: &str, ends: &[usize], strength: u8, count: &dyn CountTokens) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in ends.iter().copied().chain([text.len()]) {
        let part = text[start..end].trim_end();
        if !part.trim().is_empty() {
            atoms(part, start, strength, count, &mut parts);
        }
        start = end;
    }
    parts
}

/// Ends of sentences and lines, with the white space behind them.
fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends_here = match character {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' | '؟' => next.is_some_and(char::is_whitespace),
            _ => false,
        };
        if ends_here {
            let mut end = at + character.len_utf8();
            while let Some((at, space)) = characters.next_if(|(_, next)| next.is_whitespace()) {
                end = at + space.len_utf8();
            }
            ends.push(end);
        }
    }
    ends
}

/// The part as it is if it is short, else cut after words that their characters choose.
fn atoms(part: &str, offset: usize, strength: u8, count: &dyn CountTokens, parts: &mut Vec<Part>) {
    let whole = tokens(part, SENTENCE_TOKENS_MAX, count);
    if whole <= SENTENCE_TOKENS_MAX {
        parts.push(Part { bytes: offset..offset + part.len(), tokens: whole, strength });
        return;
    }
    let mut strength = strength;
    let mut start = 0;
    while start < part.len() {
        let end = start + atom_len(&part[start..]);
        let atom = part[start..end].trim_end();
        if !atom.trim().is_empty() {
            let tokens = tokens(atom, usize::MAX, count);
            parts.push(Part { bytes: offset + start..offset + start + atom.len(), tokens, strength });
            strength = AT_WORDS;
        }
        start = end;
    }
}

/// Bytes up to a space, or any character where there are none, at which the characters before it say so.
fn atom_len(text: &str) -> usize {
    let (mut rolling, mut space) = (0_u64, None);
    let mut characters = text.char_indices().enumerate().peekable();
    while let Some((number, (at, character))) = characters.next() {
        rolling = (rolling << 1).wrapping_add(u64::from(character).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7);
        let end = at + character.len_utf8();
        let Some((_, (_, next))) = characters.peek() else { return text.len() };
        let endless = number >= 2 * ATOM_CHARACTERS.end;
        if number < ATOM_CHARACTERS.start || (joins(character, *next) && !endless) {
            continue;
        }
        if character.is_whitespace() {
            if (rolling >> 8).trailing_zeros() >= 2 {
                return end;
            }
            space = Some(end);
        }
        if number >= ATOM_CHARACTERS.end {
            return space.unwrap_or(end);
        }
        // Where words are long or not divided at all.
        if space.is_none() && number >= 2 * ATOM_CHARACTERS.start && (rolling >> 8).trailing_zeros() >= 5 {
            return end;
        }
    }
    text.len()
}

/// Whether two characters are one sign: marks on letters, variants and colours of emoji and what joins them.
fn joins(one: char, next: char) -> bool {
    one == '\u{200d}'
        || matches!(next, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}
