//! Items of lists, by the mark in front of them.

/// The mark of an item and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Its number, of one that is numbered `3.`.
    pub number: Option<u64>,
    /// Bytes of the text that only are the mark: of a bullet, or of a number with its point and the space behind. 0 where the mark stays
    /// a part of the text, as in `(a)` and `3)`.
    pub width: usize,
}

const BULLETS: [char; 20] = [
    '•', '◦', '▪', '▫', '■', '□', '●', '○', '‣', '⁃', '➢', '➤', '►', '▸', '◆', '◇', '❖', '✓', '✔', '\u{f0b7}',
];
/// These mark an item only if a space follows; as dashes they also stand in text.
const DASHES: [char; 4] = ['-', '–', '—', '*'];

/// The mark with which a text begins.
pub(super) fn marker(text: &str) -> Option<Marker> {
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    let trimmed = rest.trim_start();
    let width = text.len() - trimmed.len();
    let is_private = ('\u{f000}'..='\u{f0ff}').contains(&first);
    if BULLETS.contains(&first) || is_private && rest.starts_with(' ') {
        return (!trimmed.is_empty()).then_some(Marker { number: None, width });
    }
    if DASHES.contains(&first) {
        return (rest.starts_with(' ') && trimmed.starts_with(char::is_alphabetic))
            .then_some(Marker { number: None, width });
    }
    numbered(text)
}

/// Whether a text is only the mark of an item or the number of a section, whose words follow at a distance.
pub(super) fn is_label(text: &str) -> bool {
    let mut characters = text.chars();
    if let (Some(first), None) = (characters.next(), characters.next()) {
        return BULLETS.contains(&first)
            || DASHES.contains(&first)
            || ('\u{f000}'..='\u{f0ff}').contains(&first);
    }
    let bare = text.trim_start_matches('(').trim_end_matches(['.', ')']);
    let is_section = text.contains('.')
        && (1..=9).contains(&bare.len())
        && bare
            .split('.')
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_digits = bare.len() <= 2 && bare.bytes().all(|byte| byte.is_ascii_digit());
    let is_letters = bare.chars().count() == 1 && bare.chars().all(|c| c.is_ascii_alphabetic())
        || (1..=5).contains(&bare.len()) && bare.chars().all(|c| "ivxlIVXL".contains(c));
    is_section || !bare.is_empty() && text.ends_with(['.', ')']) && (is_digits || is_letters)
}

/// `3. Mix`, `3) Mix`, `(3) Mix`, `(a) Mix`, `a) Mix`, `iv) Mix`.
fn numbered(text: &str) -> Option<Marker> {
    let (label, rest) = text.split_once(' ')?;
    let rest = rest.trim_start();
    let bare = label.trim_start_matches('(').trim_end_matches(['.', ')']);
    let is_digits = (1..=3).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    let is_letters = label.ends_with(')')
        && (bare.chars().count() == 1 && bare.chars().all(|c| c.is_ascii_alphabetic())
            || (1..=4).contains(&bare.len()) && bare.chars().all(|c| "ivxlIVXL".contains(c)));
    if rest.is_empty() || !label.ends_with(['.', ')']) || !(is_digits || is_letters) {
        return None;
    }
    let is_plain = is_digits && label.len() == bare.len() + 1 && label.ends_with('.');
    let number = bare.parse().ok().filter(|_| is_plain);
    Some(Marker { number, width: if is_plain { text.len() - rest.len() } else { 0 } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_alone() {
        for label in ["•", "5.1", "5.1.", "A.", "IV.", "(a)", "3)", "12.", "-"] {
            assert!(is_label(label), "{label}");
        }
        for other in ["5", "A", "Hello.", "2020.", "(see)", "1,5", ""] {
            assert!(!is_label(other), "{other}");
        }
    }

    #[test]
    fn marks_of_items_are_told_from_dashes_and_years() {
        let width = |text: &str| marker(text).map(|marker| (marker.number, marker.width));
        assert_eq!(width("• a heron"), Some((None, 4)));
        assert_eq!(width("•a heron"), Some((None, 3)));
        assert_eq!(width("- a heron"), Some((None, 2)));
        assert_eq!(width("3. Mix well"), Some((Some(3), 3)));
        assert_eq!(width("(b) mix well"), Some((None, 0)));
        assert_eq!(width("12) mix"), Some((None, 0)));
        for other in ["2020. A year", "-3 degrees", "A heron", "a. b", "•", "3.5 m"] {
            assert_eq!(width(other), None, "{other}");
        }
    }
}
