//! The runs of digits of a text, and the numbers that people write as several runs with one mark between them.
//!
//! Not what a number means: that is for each detector to say.

use std::ops::Range;

/// Every maximal run of ASCII digits, as byte ranges in order.
pub(super) struct DigitGroups {
    groups: Vec<Range<u32>>,
}

/// Shortest run of digits altogether that any detector looks at.
const DIGITS_MIN: usize = 4;

impl DigitGroups {
    /// Those of a text; of a text above 4 GB only those of the first 4 GB.
    pub(super) fn of(text: &str) -> Self {
        let mut groups = Vec::new();
        let mut start = None;
        for (at, byte) in (0_u32..).zip(text.bytes().chain([0])) {
            match (byte.is_ascii_digit(), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    groups.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        Self { groups }
    }

    /// Number of runs.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The run at an index, in bytes.
    pub(super) fn get(&self, index: usize) -> Option<Range<usize>> {
        let group = self.groups.get(index)?;
        Some(group.start as usize..group.end as usize)
    }

    /// What stands between a run and the next one; `None` after the last.
    pub(super) fn gap<'a>(&self, text: &'a str, index: usize) -> Option<&'a str> {
        text.get(self.get(index)?.end..self.get(index + 1)?.start)
    }

    /// The digits of `count` runs from `first` on, without what is between them; none if they are more than `max`.
    pub(super) fn digits(&self, text: &str, first: usize, count: usize, max: usize) -> Option<Vec<u8>> {
        let mut digits = Vec::with_capacity(max);
        for index in first..first + count {
            let run = self.get(index)?;
            if digits.len() + run.len() > max {
                return None;
            }
            digits.extend(text.as_bytes()[run].iter().map(|digit| digit - b'0'));
        }
        Some(digits)
    }
}

/// Whether nothing that would make it part of something longer stands around a number: a letter, a digit, `_`, or a
/// point, a comma or a hyphen with a digit behind it.
pub(super) fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    starts_alone(text, range.start) && ends_alone(text, range.end)
}

/// Whether a number may start at a byte.
pub(super) fn starts_alone(text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    match before.next() {
        None => true,
        Some('.' | ',' | '-' | '/' | '+' | '=' | '%' | ':') => {
            !before.next().is_some_and(|c| c.is_ascii_digit())
        }
        Some(c) => !is_part_of_word(c),
    }
}

/// Whether a number may end before a byte.
pub(super) fn ends_alone(text: &str, end: usize) -> bool {
    let mut after = text[end..].chars();
    match after.next() {
        None => true,
        Some('.' | ',' | '-' | '/' | '+' | ':' | '%') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !is_part_of_word(c),
    }
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the digits (0 to 9) satisfy the check of Luhn (ISO/IEC 7812-1, annex B).
pub(super) fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } }
        })
        .sum();
    digits.len() >= DIGITS_MIN && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_digits_are_found_with_what_stands_between_them() {
        let text = "a12-345 é6";
        let groups = DigitGroups::of(text);
        let found: Vec<_> = (0..groups.len()).map(|at| &text[groups.get(at).unwrap()]).collect();
        assert_eq!(found, ["12", "345", "6"]);
        assert_eq!(
            (groups.gap(text, 0), groups.gap(text, 1), groups.gap(text, 2)),
            (Some("-"), Some(" é"), None)
        );
        assert_eq!(groups.digits(text, 0, 2, 5), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(groups.digits(text, 0, 2, 4), None);
    }

    #[test]
    fn a_number_inside_a_word_or_a_longer_number_does_not_stand_alone() {
        let alone = |text: &str| stands_alone(text, &(2..4));
        assert!(alone("a 12.") && alone("a-12-b") && alone("(:12)"));
        assert!(!alone("ab12 ") && !alone("  12x") && !alone("1.12 ") && !alone("  12,5") && !alone("__12"));
    }

    #[test]
    fn one_changed_digit_fails_luhn() {
        let digits = |text: &str| text.bytes().map(|digit| digit - b'0').collect::<Vec<_>>();
        assert!(passes_luhn(&digits("79927398713")));
        assert!(!passes_luhn(&digits("79927398714")) && !passes_luhn(&digits("97927398713")));
    }
}
