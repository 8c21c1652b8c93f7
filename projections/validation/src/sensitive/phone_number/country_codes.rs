//! Country codes and how many digits may follow them.
//!
//! Source: ITU-T E.164, list of assigned country codes (2016, with later notices), and the national numbering plans
//! that the ITU publishes, for how many digits a number has. Where a plan was not looked up, 6 to 10 digits are taken.

use std::ops::RangeInclusive;

/// Digits after a code for which the plan was not looked up.
const DIGITS_OTHERWISE: RangeInclusive<usize> = 6..=10;

/// Codes of two digits; `1` and `7` are the only ones of one. Every other first pair opens a code of three.
const TWO_DIGITS: [u16; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];

/// First two digits of the codes of three digits that are assigned.
const OPENINGS_OF_THREE: [u16; 17] = [21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 96, 97];

/// Codes of three digits outside of those.
const THREE_DIGITS: [u16; 15] = [690, 691, 692, 850, 852, 853, 855, 856, 880, 886, 992, 993, 994, 995, 996];

/// How many digits follow a code.
#[rustfmt::skip]
const DIGITS: [(u16, RangeInclusive<usize>); 104] = [
    (1, 10..=10), (7, 10..=10), (20, 8..=10), (27, 9..=9), (30, 10..=10), (31, 9..=9), (32, 8..=9), (33, 9..=9),
    (34, 9..=9), (36, 8..=9), (39, 6..=11), (40, 9..=9), (41, 9..=9), (43, 7..=13), (44, 9..=10), (45, 8..=8),
    (46, 7..=9), (47, 8..=8), (48, 9..=9), (49, 7..=12), (51, 8..=9), (52, 10..=10), (53, 6..=8), (54, 10..=11),
    (55, 10..=11), (56, 9..=9), (57, 8..=10), (58, 10..=10), (60, 8..=10), (61, 9..=9), (62, 8..=12), (63, 8..=10),
    (64, 8..=10), (65, 8..=8), (66, 8..=9), (81, 9..=10), (82, 8..=11), (84, 9..=10), (86, 9..=11), (90, 10..=10),
    (91, 10..=10), (92, 9..=10), (93, 9..=9), (94, 9..=9), (95, 7..=10), (98, 10..=10), (212, 9..=9), (213, 8..=9),
    (216, 8..=8), (218, 8..=9), (233, 9..=9), (234, 7..=10), (237, 9..=9), (251, 9..=9), (254, 9..=9), (255, 9..=9),
    (256, 9..=9), (260, 9..=9), (350, 8..=8), (351, 9..=9), (352, 6..=11), (353, 7..=9), (354, 7..=9), (355, 8..=9),
    (356, 8..=8), (357, 8..=8), (358, 6..=11), (359, 7..=9), (370, 8..=8), (371, 8..=8), (372, 7..=8), (373, 8..=8),
    (374, 8..=8), (375, 9..=9), (377, 8..=9), (380, 9..=9), (381, 8..=9), (382, 8..=8), (385, 8..=9), (386, 8..=8),
    (387, 8..=8), (389, 8..=8), (420, 9..=9), (421, 9..=9), (423, 7..=9), (591, 8..=8), (593, 8..=9), (595, 9..=9),
    (598, 8..=8), (852, 8..=8), (853, 8..=8), (855, 8..=9), (880, 8..=10), (886, 8..=9), (960, 7..=7), (961, 7..=8),
    (962, 8..=9), (965, 8..=8), (966, 8..=9), (968, 8..=8), (971, 8..=9), (972, 8..=9), (974, 7..=8), (994, 9..=9),
];

/// Number of digits behind the country code that the digits start with, and how many its country uses; `None` if no
/// country has such a code.
pub(super) fn national_digits(digits: &[u8]) -> Option<(usize, RangeInclusive<usize>)> {
    let first = |count: usize| {
        digits.get(..count).map(|code| code.iter().fold(0_u16, |code, digit| code * 10 + u16::from(*digit)))
    };
    let (one, two, three) = (first(1)?, first(2)?, first(3)?);
    let (code, length) = if matches!(one, 1 | 7) {
        (one, 1)
    } else if TWO_DIGITS.contains(&two) || two == 98 {
        (two, 2)
    } else if OPENINGS_OF_THREE.contains(&two) || THREE_DIGITS.contains(&three) || three == 998 {
        (three, 3)
    } else {
        return None;
    };
    let known = DIGITS.binary_search_by_key(&code, |(known, _)| *known).ok();
    Some((digits.len() - length, known.map_or(DIGITS_OTHERWISE, |at| DIGITS[at].1.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_two_or_three_digits_long() {
        let read = |text: &str| national_digits(&text.bytes().map(|digit| digit - b'0').collect::<Vec<_>>());
        assert_eq!(read("12025550143"), Some((10, 10..=10)));
        assert_eq!(read("442079460018"), Some((10, 9..=10)));
        assert_eq!(read("35812345678"), Some((8, 6..=11)));
        assert_eq!(read("26812345678"), Some((8, DIGITS_OTHERWISE)));
        assert_eq!(read("99912345678"), None);
        assert_eq!(read("01234"), None);
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(DIGITS.is_sorted_by_key(|(code, _)| *code));
    }
}
