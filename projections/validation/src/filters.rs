//! The filters as datatrove runs them, one decision each, to be measured against it.
//!
//! Not how texts are judged here (that is [`crate::validate`], which picks rules by profile and measures them all).

use crate::{
    rule::Family,
    rules::{C4Page, RULES},
    text_statistics::TextStatistics,
};

/// Gopher's quality filter: `None` to keep the text, or the reason code of the first rule that drops it.
pub fn gopher_quality(text: &str) -> Option<&'static str> {
    first_failure(Family::GopherQuality, &TextStatistics::of(text))
}

/// Gopher's repetition filter: `None` to keep the text, or the reason code of the first rule that drops it.
pub fn gopher_repetition(text: &str) -> Option<&'static str> {
    first_failure(Family::GopherRepetition, &TextStatistics::of(text))
}

/// C4's filter: `None` to keep the text, or the reason code. With `no_terminal_punct` lines need not end in a terminal
/// mark, which is how FineWeb runs it.
pub fn c4(text: &str, no_terminal_punct: bool) -> Option<&'static str> {
    C4Page::of(text, no_terminal_punct).dropped_for()
}

/// FineWeb's own filter: `None` to keep the text, or the reason code of the first rule that drops it.
pub fn fineweb(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("empty");
    }
    first_failure(Family::FineWeb, &TextStatistics::of(text))
}

fn first_failure(family: Family, text: &TextStatistics<'_>) -> Option<&'static str> {
    let of_family = RULES.iter().map(|entry| entry.rule).filter(|rule| rule.family() == family);
    of_family.into_iter().find(|rule| !rule.measure(text).passed).map(crate::rule::Rule::name)
}
