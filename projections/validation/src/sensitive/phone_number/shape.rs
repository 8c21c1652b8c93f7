//! How a run of digit groups is written, and how sure that makes it a telephone number.

use super::country_codes;
use crate::sensitive::{Scan, digit_groups::starts_alone};

const DIGITS_MIN: usize = 7;
/// E.164: at most 15 digits with the country code; two more for `00`.
const DIGITS_MAX: usize = 17;
/// Most digits of a number within its country.
const DIGITS_GROUPED_MAX: usize = 13;

/// How sure the shape alone makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It bears a mark that little else bears.
    Sure,
    /// It is one unless more digits follow.
    Closed,
    /// It is one unless more digits stand beside it.
    Whole,
    /// It is one if words near it speak of telephoning.
    Likely,
    /// It is one if a word near it names it.
    Possible,
    /// It is none.
    None,
}

/// Digit groups read as one number.
pub(super) struct Number<'a> {
    /// First byte, `+` and brackets included.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    plus: bool,
    bracket: bool,
    /// It is the end of something longer, as in `issue-1234567` and `abs/2101.11408`.
    clings: bool,
    groups: Vec<&'a str>,
    gaps: Vec<&'a str>,
    digits: Vec<u8>,
}

/// Whether the text between two groups may stand inside one number.
pub(super) fn joins(gap: &str) -> bool {
    const GAPS: [&str; 17] = [
        " ", "-", ".", "/", "/ ", " - ", ") ", ")", " (", "(", ")-", "-(", ") (", "\u{a0}", "\u{2011}",
        "\u{2013}", "\u{202f}",
    ];
    GAPS.contains(&gap)
}

/// Whether groups are as long as those of a North American number, with or without the country code.
pub(super) fn may_be_north_american(scan: &Scan<'_>, first: usize, count: usize) -> bool {
    let lengths: &[usize] = match count {
        3 => &[3, 3, 4],
        4 => &[1, 3, 3, 4],
        _ => return false,
    };
    (first..).zip(lengths).all(|(at, length)| scan.digits.get(at).is_some_and(|group| group.len() == *length))
}

impl<'a> Number<'a> {
    /// Reads `count` groups from `first` on; nothing if they cannot be one number.
    pub(super) fn read(scan: &Scan<'a>, first: usize, count: usize) -> Option<Self> {
        let digits = scan.digits.digits(scan.text, first, count, DIGITS_MAX)?;
        if digits.len() < DIGITS_MIN {
            return None;
        }
        let groups: Vec<_> = (first..first + count).map(|at| scan.digits.get(at)).collect::<Option<_>>()?;
        let gaps =
            (first..first + count - 1).map(|at| scan.digits.gap(scan.text, at)).collect::<Option<_>>()?;
        let (from, end) = (groups.first()?.start, groups.last()?.end);
        let (start, plus, bracket) = opening(scan.text, from);
        let groups = groups.into_iter().map(|range| &scan.text[range]).collect();
        let clings = scan.text[..start].ends_with(['-', '/', '#', '[', '$', '€', '£', '§', '@', '&', '~']);
        let number = Self { start, end, plus, bracket, clings, groups, gaps, digits };
        (number.brackets_close() && starts_alone(scan.text, start)).then_some(number)
    }

    /// How sure the shape makes it.
    pub(super) fn certainty(&self) -> Certainty {
        if self.plus {
            return if self.is_international(&self.digits) { Certainty::Closed } else { Certainty::None };
        }
        if self.is_something_else() {
            return Certainty::None;
        }
        if self.is_north_american() {
            return Certainty::Sure;
        }
        if self.is_dialled_abroad() {
            return Certainty::Whole;
        }
        if self.clings {
            return Certainty::None;
        }
        if self.groups.len() == 1 {
            return self.plain();
        }
        if self.digits.len() > DIGITS_GROUPED_MAX {
            return Certainty::None;
        }
        if self.groups.iter().skip(1).any(|group| group.len() < 2) {
            return Certainty::Possible;
        }
        if self.has_trunk_prefix() { Certainty::Whole } else { Certainty::Likely }
    }

    /// Digits alone: one that starts with a trunk prefix is rarely a count.
    fn plain(&self) -> Certainty {
        let trunk = self.digits[0] == 0 && self.digits[1] != 0;
        match self.digits.len() {
            9..=11 if trunk => Certainty::Likely,
            ..=DIGITS_GROUPED_MAX => Certainty::Possible,
            _ => Certainty::None,
        }
    }

    fn lengths(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group.len()).collect()
    }

    /// Every bracket that opens closes behind one group.
    fn brackets_close(&self) -> bool {
        let mut open = self.bracket;
        for gap in &self.gaps {
            for mark in gap.chars().filter(|mark| matches!(mark, '(' | ')')) {
                if open == (mark == '(') {
                    return false;
                }
                open = !open;
            }
        }
        !open
    }

    /// A country code and as many digits as its country uses; a trunk prefix in brackets does not count.
    fn is_international(&self, digits: &[u8]) -> bool {
        let trunk = self
            .gaps
            .iter()
            .zip(self.groups.iter().skip(1))
            .any(|(gap, group)| gap.ends_with('(') && *group == "0");
        country_codes::national_digits(digits)
            .is_some_and(|(national, allowed)| allowed.contains(&(national - usize::from(trunk))))
    }

    /// `00` or `011`, the country code and its digits, in at least two groups.
    fn is_dialled_abroad(&self) -> bool {
        let behind = match self.groups[0] {
            "011" => self.digits.strip_prefix(&[0, 1, 1]),
            _ => self.digits.strip_prefix(&[0, 0]),
        };
        self.groups.len() >= 3
            && self.groups[0].len() >= 2
            && behind.is_some_and(|digits| self.is_international(digits))
    }

    /// `AAA-EEE-NNNN`, with points instead of hyphens, or with the area in brackets.
    fn is_north_american(&self) -> bool {
        let lengths = self.lengths();
        let at = usize::from(lengths.len() == 4 && self.groups[0] == "1");
        if lengths[at..] != [3, 3, 4] || self.groups[at].starts_with(['0', '1']) {
            return false;
        }
        let gaps = &self.gaps[at..];
        let bracket = gaps[0].starts_with(')') && matches!(gaps[1], "-" | " " | ".");
        bracket || (gaps[0] == gaps[1] && matches!(gaps[0], "-" | "."))
    }

    /// Three groups or more with a 0 in front, or one in brackets, and as many digits as national numbers have.
    fn has_trunk_prefix(&self) -> bool {
        let first = self.groups[0];
        let trunk = first.starts_with('0') && !first.starts_with("00") && (2..=5).contains(&first.len());
        let even = self.gaps.windows(2).all(|pair| pair[0] == pair[1]) || self.bracket;
        let parts = self.groups.len() >= 3 && self.groups.iter().all(|group| (2..=5).contains(&group.len()));
        // Of the plans with points the French one has pairs; threes with points are as often a list of decimals.
        let decimals = self.gaps[0] == "." && first.len() != 2;
        trunk && even && parts && !decimals && (9..=12).contains(&self.digits.len())
    }

    fn is_something_else(&self) -> bool {
        self.is_date() || self.is_hardware_address() || self.counts_up() || self.is_dotted_quad()
    }

    /// A year beside another, or among numbers with slashes, or year, month and day in either order.
    fn is_date(&self) -> bool {
        let year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
        let small = |group: &str| {
            group.len() <= 2 && group.parse::<u8>().is_ok_and(|value| (1..=31).contains(&value))
        };
        let day = |part: &[&str]| {
            small(part[1]) && ((year(part[0]) && small(part[2])) || (small(part[0]) && year(part[2])))
        };
        let slashes = self.gaps.contains(&"/") && self.groups.iter().any(|group| year(group));
        let years = self.groups.len() == 2 && self.groups.iter().all(|group| year(group));
        slashes || years || self.groups.windows(3).any(day)
    }

    /// Six pairs with hyphens, as in a network card's address.
    fn is_hardware_address(&self) -> bool {
        self.lengths() == [2; 6] && self.gaps.iter().all(|gap| *gap == "-")
    }

    /// Four numbers as in an address of the Internet protocol.
    fn is_dotted_quad(&self) -> bool {
        let byte = |group: &&str| group.parse::<u8>().is_ok();
        self.groups.len() == 4 && self.gaps.iter().all(|gap| *gap == ".") && self.groups.iter().all(byte)
    }

    /// Groups of two digits of which each is one more than the last: a list, not a number.
    fn counts_up(&self) -> bool {
        let values: Vec<u32> = self.groups.iter().filter_map(|group| group.parse().ok()).collect();
        self.groups.len() >= 3 && values.windows(2).all(|pair| pair[1] == pair[0] + 1)
    }
}

/// Where a number starts whose digits start at a byte: with `+` and an opening bracket, if there are.
fn opening(text: &str, from: usize) -> (usize, bool, bool) {
    let before = &text[..from];
    if before.ends_with("(+") {
        return (from - 2, true, true);
    }
    if before.ends_with('+') {
        return (from - 1, true, false);
    }
    if before.ends_with('(') {
        return (from - 1, false, true);
    }
    (from, false, false)
}
