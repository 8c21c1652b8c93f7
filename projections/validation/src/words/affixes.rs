//! What comes off the ends of a piece, and where its middle is cut: the rules of `spacy/lang/punctuation.py` and
//! `spacy/lang/en/punctuation.py`, written as code instead of regular expressions.

use super::character_sets::{is_currency, is_letter, is_lower, is_mark, is_quote, is_upper};
use crate::characters::is_pictogram;

/// Currencies of more than one character.
const CURRENCY_PREFIXES: [&str; 3] = ["US$", "C$", "A$"];

/// Possessive endings.
const POSSESSIVES: [&str; 4] = ["'s", "'S", "’s", "’S"];

/// Units that come off a number, of those that English texts use.
const UNITS: [&str; 48] = [
    "km", "km²", "km³", "m", "m²", "m³", "dm", "dm²", "dm³", "cm", "cm²", "cm³", "mm", "mm²", "mm³", "ha",
    "µm", "nm", "yd", "in", "ft", "kg", "g", "mg", "µg", "t", "lb", "oz", "m/s", "km/h", "kmh", "mph", "hPa",
    "Pa", "mbar", "mb", "MB", "kb", "KB", "gb", "GB", "tb", "TB", "T", "G", "M", "K", "%",
];

/// Bytes of the prefix of `text`; 0 if it has none.
pub(super) fn prefix_length(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let taken = match first {
        '.' => return dots_at_start(text),
        '+' => !chars.next().is_some_and(|c| c.is_ascii_digit()),
        '§' | '%' | '=' | '—' | '–' => true,
        _ => is_mark(first) || is_quote(first) || is_currency(first) || is_pictogram(first),
    };
    if taken {
        return if text.starts_with("……") { "……".len() } else { first.len_utf8() };
    }
    CURRENCY_PREFIXES.iter().find(|prefix| text.starts_with(**prefix)).map_or(0, |prefix| prefix.len())
}

/// Length of a run of two or more points; a single one is no affix.
fn dots_at_start(text: &str) -> usize {
    let dots = text.bytes().take_while(|&byte| byte == b'.').count();
    if dots >= 2 { dots } else { 0 }
}

/// Bytes of the longest suffix of `text`; 0 if it has none.
pub(super) fn suffix_length(text: &str) -> usize {
    let mut backwards = text.chars().rev();
    let Some(last) = backwards.next() else { return 0 };
    if POSSESSIVES.iter().any(|ending| text.ends_with(ending)) {
        return 1 + if text.as_bytes()[text.len() - 2] == b'\'' { 1 } else { '’'.len_utf8() };
    }
    let taken = match last {
        '.' => return point_suffix_length(text),
        '—' | '–' => true,
        '+' => backwards.next().is_some_and(|c| c.is_ascii_digit()),
        _ => {
            is_mark(last)
                || is_quote(last)
                || is_pictogram(last)
                || (is_currency(last) && backwards.next().is_some_and(|c| c.is_ascii_digit()))
        }
    };
    if taken {
        return if text.ends_with("……") { "……".len() } else { last.len_utf8() };
    }
    unit_length(text)
}

/// Bytes of a final run of points, or of a final point that ends a sentence rather than an abbreviation.
fn point_suffix_length(text: &str) -> usize {
    let dots = text.bytes().rev().take_while(|&byte| byte == b'.').count();
    if dots >= 2 {
        return dots;
    }
    let mut before = text[..text.len() - 1].chars().rev();
    let Some(c) = before.next() else { return 0 };
    let ends = c.is_ascii_digit()
        || is_lower(c)
        || matches!(c, '%' | '²' | '-' | '+' | '|')
        || is_mark(c)
        || is_quote(c);
    let second = before.next();
    let acronym = is_upper(c) && second.is_some_and(is_upper);
    let degrees = matches!(c, 'F' | 'C' | 'K') && second == Some('°');
    usize::from(ends || acronym || degrees)
}

/// Bytes of the longest unit or currency that follows a digit at the end of `text`.
fn unit_length(text: &str) -> usize {
    // The longest of them has four characters.
    let digit_near = text.chars().rev().take(5).any(|c| c.is_ascii_digit());
    if !digit_near {
        return 0;
    }
    let after_digit = |unit: &&&str| {
        text.strip_suffix(**unit).is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()))
    };
    UNITS.iter().chain(&CURRENCY_PREFIXES).filter(after_digit).map(|unit| unit.len()).max().unwrap_or(0)
}

/// Cuts the middle of a piece at its infixes, which become tokens of their own.
pub(super) fn cut_at_infixes<'a>(text: &'a str, tokens: &mut Vec<&'a str>) {
    let (mut start, mut at) = (0, 0);
    let mut before = None;
    while let Some(c) = text[at..].chars().next() {
        let infix = infix_length(before, c, &text[at..]);
        if infix == 0 {
            before = Some(c);
            at += c.len_utf8();
            continue;
        }
        if at > start {
            tokens.push(&text[start..at]);
        }
        tokens.push(&text[at..at + infix]);
        before = text[at..at + infix].chars().next_back();
        at += infix;
        start = at;
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
}

/// Bytes of the infix that `text` starts with, its first character being `c` and the one before it `before`.
fn infix_length(before: Option<char>, c: char, text: &str) -> usize {
    if c == '…' || is_pictogram(c) {
        return c.len_utf8();
    }
    if c == '.' && text[1..].starts_with('.') {
        return dots_at_start(text);
    }
    let Some(before) = before else { return 0 };
    let after = text[c.len_utf8()..].chars().next();
    let letter_follows = |length: usize| text[length..].chars().next().is_some_and(is_letter);
    let word_before = is_letter(before) || before.is_ascii_digit();
    let single = match c {
        '+' | '-' | '*' | '^'
            if before.is_ascii_digit() && after.is_some_and(|a| a.is_ascii_digit() || a == '-') =>
        {
            true
        }
        '.' => {
            (is_lower(before) || is_quote(before))
                && after.is_some_and(|after| is_upper(after) || is_quote(after))
        }
        ',' => is_letter(before) && letter_follows(1),
        ':' | '<' | '>' | '=' | '/' => word_before && letter_follows(1),
        _ => false,
    };
    if single {
        return c.len_utf8();
    }
    let hyphen = ["-", "–", "—", "--", "---", "——", "~"]
        .into_iter()
        .find(|h| text.starts_with(h) && letter_follows(h.len()));
    hyphen.filter(|_| word_before).map_or(0, str::len)
}
