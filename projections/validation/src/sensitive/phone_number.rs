//! Telephone numbers: written internationally, nationally, or in a way that only a word near them explains.
//!
//! Source: ITU-T E.123 and E.164 for notation and country codes, the North American numbering plan for `AAA-EEE-NNNN`, and the
//! habit of most other plans to write a trunk prefix 0. What could as well be a price, a count or a part of an address is
//! taken for a telephone number only if a word near it says so. Not found: numbers with letters, and other digits than 0 to 9.

mod country_codes;
mod shape;
mod words;

use std::ops::Range;

use super::{Scan, context::Context, digit_groups::ends_alone};
use shape::{Certainty, Number};

/// Most groups of digits in a number, an extension not counted.
const GROUPS_MAX: usize = 7;

/// The byte ranges of all telephone numbers.
pub(super) fn find(scan: &Scan<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < scan.digits.len() {
        let run = run_from(scan, index);
        match number_from(scan, index, run) {
            Some((range, groups)) => {
                found.push(range);
                index += groups;
            }
            // Nothing in the rest of a run is whole, except what bears its own mark.
            None => index += 1,
        }
    }
    found
}

/// Number of groups from one on that could be parts of one number.
fn run_from(scan: &Scan<'_>, first: usize) -> usize {
    let joins = |count: &usize| scan.digits.gap(scan.text, first + count - 1).is_some_and(shape::joins);
    (1..GROUPS_MAX).find(|count| !joins(count)).unwrap_or(GROUPS_MAX)
}

/// The longest telephone number that starts with a group, and how many groups it takes.
fn number_from(scan: &Scan<'_>, first: usize, run: usize) -> Option<(Range<usize>, usize)> {
    let begins_run = first == 0 || !scan.digits.gap(scan.text, first - 1).is_some_and(shape::joins);
    let whole_run = begins_run && !continues(scan, first + run - 1);
    let marked = scan.text[..scan.digits.get(first)?.start].ends_with('+');
    (1..=run).rev().find_map(|count| {
        // Within a longer list of numbers only what bears its own mark is one, which spares reading all of its parts.
        if !whole_run && !marked && !shape::may_be_north_american(scan, first, count) {
            return None;
        }
        let number = Number::read(scan, first, count)?;
        let extension = extension(scan, first + count - 1);
        let range = number.start..extension.as_ref().map_or(number.end, |range| range.end);
        let ends_run = count == run && !continues(scan, first + count - 1);
        let accepted = ends_alone(scan.text, range.end)
            && match number.certainty() {
                Certainty::Sure => true,
                Certainty::Closed => ends_run,
                Certainty::Whole => begins_run && ends_run,
                Certainty::Likely => begins_run && ends_run && words::speak_of(&context(scan, &range)),
                Certainty::Possible => begins_run && ends_run && words::name(&context(scan, &range)),
                Certainty::None => false,
            };
        accepted.then_some((range, count + usize::from(extension.is_some())))
    })
}

fn context(scan: &Scan<'_>, range: &Range<usize>) -> Context {
    Context::of(scan.text, range)
}

/// Whether more digits follow a group as those of one number would.
fn continues(scan: &Scan<'_>, last: usize) -> bool {
    scan.digits.gap(scan.text, last).is_some_and(shape::joins)
}

/// The digits of an extension behind a group, such as `x123` or `ext. 45`.
fn extension(scan: &Scan<'_>, last: usize) -> Option<Range<usize>> {
    const MARKS: [&str; 5] = ["x", "ext", "ext.", "extension", "#"];
    let gap = scan.digits.gap(scan.text, last)?;
    let mark = gap.trim_matches([' ', ',', ';']);
    let digits = scan.digits.get(last + 1)?;
    let is_mark = gap.len() <= 14 && MARKS.iter().any(|known| mark.eq_ignore_ascii_case(known));
    (is_mark && digits.len() <= 6).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::DigitGroups;

    fn found(text: &str) -> Vec<&str> {
        let scan = Scan { text, digits: DigitGroups::of(text) };
        find(&scan).into_iter().map(|range| &text[range]).collect()
    }

    // Numbers are from ranges that are kept for fiction, where a plan has some.

    #[test]
    fn numbers_that_bear_their_own_mark_need_no_word() {
        for number in [
            "+44 20 7946 0018",
            "+442079460018",
            "+46 (0)8 465 004 04",
            "(+1) 202-555-0143",
            "+49 30 23125 000",
            "202-555-0143",
            "(202) 555-0143",
            "(202)555-0143",
            "202.555.0143",
            "1-202-555-0143",
            "001-202-555-0143",
            "020 7946 0018",
            "01 99 00 12 34",
            "01.99.00.12.34",
            "(020) 7946 0018",
            "+1 202 555 0143 ext. 12",
            "202-555-0143x987",
            "+81-3-1234-5678",
            "+55 (11) 91234-5678",
            "0044 20 7946 0018",
        ] {
            assert_eq!(found(&format!("see {number}, then")), [number]);
        }
    }

    #[test]
    fn short_and_plain_numbers_need_a_word_that_names_them() {
        for number in ["555 0143", "9472 7916", "416 60 039", "(37) 788-063", "0378 3549890", "71-33-52-22"] {
            assert_eq!(found(&format!("Please call {number} now")), [number]);
            assert_eq!(found(&format!("It has {number} of them")), Vec::<&str>::new());
        }
        assert_eq!(found("Mobile: 5403926876"), ["5403926876"]);
        assert_eq!(found("call it 5403926876 times"), Vec::<&str>::new());
        assert_eq!(found("555 0143-Office"), ["555 0143"]);
        assert_eq!(found("Telefon 030 123456"), ["030 123456"]);
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "On 2018-02-24 12:45:18 call me",
            "call 24-02-2018 12",
            "phone 192.168.100.100",
            "tel v1.2.345.6789",
            "+0100",
            "+12345678",
            "1,234,567,890",
            "00 01 02 03 04 05 06 07 08",
            "01 02 03 04 05",
            "3.14159265",
            "123e4567-e89b-12d3-a456-426614174000",
            "ISBN 978-3-16-148410-0",
            "phone order 1234567",
            "e+447700900123",
            "0x0123 4567 8901",
            "call 5521 119 Countess Close",
            "phone 02-00-00-00-00-02",
            "phones 2000-2018",
            "phone-number-asks-14847827",
            "\"id\":\"1206313\"},\"mobile\"",
            "call 03/095/2018",
            "0.039 1.501 1.267",
            "-.047.001.002",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn digits_must_be_as_many_as_the_country_uses() {
        assert_eq!(found("+45 1234 567, +45 1234 5678, +45 1234 5678 9"), ["+45 1234 5678"]);
        assert_eq!(found("+999 1234 5678"), Vec::<&str>::new());
    }
}
