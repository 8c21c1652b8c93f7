//! The normal form of a text, in which texts that differ only in case, punctuation, numbers, accents or spacing are
//! equal, and the hash that finds such exact duplicates.
//!
//! Source: `simplify_text` of datatrove, in its order: lower case, numbers, punctuation, white space, accents.

use event_model::BlobRef;
use unicode_normalization::UnicodeNormalization;

use crate::characters::{is_accent, is_digit, is_space, is_symbol};

/// The normal form: lower case, each number as `0`, punctuation and white space as single spaces, no accents.
pub fn normal_form(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut spaced = String::with_capacity(lower.len());
    let mut rest = lower.as_str();
    while let Some(c) = rest.chars().next() {
        let number = number_length(rest);
        let separates = is_space(c) || is_symbol(c);
        spaced.push(if number > 0 {
            '0'
        } else if separates {
            ' '
        } else {
            c
        });
        rest = &rest[number.max(c.len_utf8())..];
    }
    let mut normal = String::with_capacity(spaced.len());
    for c in spaced.nfd().filter(|c| !is_accent(*c)) {
        // An accent on its own leaves two neighbouring spaces, so they are joined last.
        if c != ' ' || !(normal.is_empty() || normal.ends_with(' ')) {
            normal.push(c);
        }
    }
    normal.truncate(normal.trim_end_matches(' ').len());
    normal
}

/// Bytes of the number that `text` starts with: digits, and groups of digits after a point or a comma; 0 if none.
fn number_length(text: &str) -> usize {
    let digits =
        |from: usize| text[from..].chars().take_while(|c| is_digit(*c)).map(char::len_utf8).sum::<usize>();
    let mut length = digits(0);
    while length > 0 {
        let Some(separator) = text[length..].chars().next().filter(|c| matches!(c, '.' | ',' | '٫' | '٬'))
        else {
            break;
        };
        let group = digits(length + separator.len_utf8());
        if group == 0 {
            break;
        }
        length += separator.len_utf8() + group;
    }
    length
}

/// SHA-256 of a normal form: two texts have the same one exactly if their normal forms are equal.
pub fn exact_duplicate_hash(normal_form: &str) -> BlobRef {
    BlobRef::of(normal_form.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_numbers_punctuation_spacing_and_accents_make_no_difference() {
        assert_eq!(normal_form("  The Café,\n\tcost 1,234.50 — or 7! "), "the cafe cost 0 or 0");
        assert_eq!(normal_form("THE CAFE\u{301} cost 99 or 12"), "the cafe cost 0 or 0");
        assert_eq!(normal_form("v1.2.3, 4,"), "v0 0");
        assert_eq!(normal_form("…!?"), "");
    }

    #[test]
    fn a_word_more_makes_another_text() {
        let hash = |text| exact_duplicate_hash(&normal_form(text));
        assert_eq!(hash("Hello, World 1"), hash("hello world 22"));
        assert_ne!(hash("Hello, World"), hash("Hello, new World"));
    }

    proptest! {
        #[test]
        fn a_normal_form_has_only_single_spaces(text in "\\PC*") {
            let normal = normal_form(&text);
            prop_assert!(!normal.contains("  ") && !normal.starts_with(' ') && !normal.ends_with(' '), "{normal:?}");
        }
    }
}
