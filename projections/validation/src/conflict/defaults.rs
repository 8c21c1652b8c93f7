//! What a sentence says holds by default: `defaults to X`, `the default of Y is X`, `default: X`.
//!
//! Numbers and opposites that two sentences on defaults differ in are found as such; this reads the names among them.

use std::ops::Range;

use crate::{lexicon::Role, passage::Term};

/// Terms behind the word default within which its value is announced.
const ANNOUNCED_WITHIN: usize = 8;

/// Words that announce a value.
const ANNOUNCING: [&str; 5] = ["is", "to", "are", "was", "as"];

/// Whether a sentence speaks of what holds by default.
pub(super) fn speaks_of_default(terms: &[Term<'_>]) -> bool {
    terms.iter().any(is_default)
}

fn is_default(term: &Term<'_>) -> bool {
    term.stem == "default"
}

/// The bytes of the value, without the backticks around it; none if the sentence names none.
pub(super) fn value(text: &str, terms: &[Term<'_>]) -> Option<Range<usize>> {
    let default = terms.iter().position(is_default)?;
    let behind = &terms[default + 1..];
    let colon =
        behind.first().is_some_and(|next| text[terms[default].bytes.end..next.bytes.start].contains(':'));
    let first = if colon {
        0
    } else {
        let announced =
            behind.iter().take(ANNOUNCED_WITHIN).position(|term| ANNOUNCING.contains(&term.text))?;
        announced + 1
    };
    let value = behind[first..].iter().find(|term| term.role != Role::Stop && term.stem != "set")?;
    let start = value.bytes.start;
    let quoted = text[..start].ends_with('`').then(|| text[start..].find('`')).flatten();
    Some(quoted.map_or(value.bytes.clone(), |length| start..start + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Passage;

    #[test]
    fn the_value_is_what_is_announced() {
        for text in [
            "The level defaults to `info log`.",
            "The default level is `info log`",
            "Default: `info log`",
            "The default value of the level is set to `info log`",
        ] {
            let found = value(text, &Passage::of(text).terms).map(|range| &text[range]);
            assert_eq!(found, Some("info log"), "{text}");
        }
        assert_eq!(value("It is on by default", &Passage::of("It is on by default").terms), None);
    }
}
