//! Raised and lowered text in plain characters: `x²`, `H₂O`, `a_(ij)`, so that 10³ does not become 103.

/// Where a piece of text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Script {
    #[default]
    Line,
    Raised,
    Lowered,
}

impl Script {
    /// What DOCX calls it.
    pub(crate) fn of(value: Option<&str>) -> Self {
        match value {
            Some("superscript") => Self::Raised,
            Some("subscript") => Self::Lowered,
            _ => Self::Line,
        }
    }
}

const PLAIN: &str = "0123456789+-−=()in";
const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ";
const LOWERED: &str = "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ᵢₙ";

/// `text` as it is written behind `before`. Endings such as in `90th` and marks such as `TM` stay as they are.
pub(crate) fn written(script: Script, text: &str, before: &str) -> String {
    let trimmed = text.trim();
    let ending = matches!(trimmed.to_lowercase().as_str(), "st" | "nd" | "rd" | "th" | "tm" | "sm" | "r");
    if trimmed.is_empty() || script == Script::Line || (ending && script == Script::Raised) {
        return text.to_owned();
    }
    let characters = if script == Script::Raised { RAISED } else { LOWERED };
    let place = |character: char| PLAIN.chars().position(|plain| plain == character);
    let as_one: Option<String> =
        trimmed.chars().map(|character| characters.chars().nth(place(character)?)).collect();
    let sign = if script == Script::Raised { '^' } else { '_' };
    match as_one {
        Some(one) => text.replacen(trimmed, &one, 1),
        // A note by hand, as in `word*`, and what is raised without standing on anything.
        None if before.is_empty() || !trimmed.contains(char::is_alphanumeric) => text.to_owned(),
        None => text.replacen(trimmed, &format!("{sign}({trimmed})"), 1),
    }
}
