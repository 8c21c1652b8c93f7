//! The characters of symbol fonts; and raised and lowered text, as every format writes it.

use super::xml::Element;
pub(super) use crate::script::{Script, written};

const SYMBOL_UPPER: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
const SYMBOL_LOWER: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";

/// What a `sym` element shows. Symbol fonts put pictures where Unicode has no characters; those that are no sign of anything
/// say nothing as text.
pub(super) fn symbol(element: &Element<'_>) -> Option<char> {
    let code = u32::from_str_radix(&element.attribute("char")?, 16).ok()?;
    if !(0xe000..0xf900).contains(&code) {
        return char::from_u32(code);
    }
    let font = element.attribute("font").unwrap_or_default().to_lowercase();
    let code = code & 0xff;
    if font == "symbol" { in_symbol(code) } else { in_wingdings(code) }
}

fn in_symbol(code: u32) -> Option<char> {
    let nth = |letters: &str, first: u32| letters.chars().nth(usize::try_from(code - first).ok()?);
    match code {
        0x41..=0x5a => nth(SYMBOL_UPPER, 0x41),
        0x61..=0x7a => nth(SYMBOL_LOWER, 0x61),
        0x20..=0x40 | 0x5b..=0x5f | 0x7b..=0x7e => char::from_u32(code),
        0xa3 => Some('≤'),
        0xa5 => Some('∞'),
        0xac => Some('←'),
        0xae => Some('→'),
        0xb0 => Some('°'),
        0xb1 => Some('±'),
        0xb3 => Some('≥'),
        0xb4 => Some('×'),
        0xb8 => Some('÷'),
        0xb9 => Some('≠'),
        0xbb => Some('≈'),
        0xe5 => Some('∑'),
        _ => None,
    }
}

fn in_wingdings(code: u32) -> Option<char> {
    match code {
        0x6f | 0x71 | 0xa8 => Some('☐'),
        0x78 | 0xfd => Some('☒'),
        0xfe => Some('☑'),
        0xfc => Some('✓'),
        0xfb => Some('✗'),
        0xdf | 0xe7 => Some('←'),
        0xe0 | 0xe8 | 0xf0 => Some('→'),
        _ => None,
    }
}
