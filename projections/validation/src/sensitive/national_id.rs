//! Numbers that a state gave a person, as far as their shape or a check digit tells them from others.
//!
//! Sources: the Social Security Administration's rules for numbers that were never given (United States: area 000, 666 and
//! 900-999, group 00, serial 0000); Receita Federal (Brazil, CPF: two check digits, modulo 11); Ministerio del Interior (Spain, DNI and
//! NIE: a letter, modulo 23); INSEE (France, NIR: a key, modulo 97); HMRC manual NIM39110 (United Kingdom, national insurance
//! number). Not found: numbers that nothing but their length tells from others.

use std::ops::Range;

use super::{
    Scan,
    context::Context,
    digit_groups::{ends_alone, stands_alone, starts_alone},
};

const SSN_WORDS: [&str; 4] = ["ssn", "ssns", "social", "itin"];

/// The byte ranges of all such numbers.
pub(super) fn find(scan: &Scan<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut last = 0;
    for first in 0..scan.digits.len() {
        let Some(start) = scan.digits.get(first).map(|group| group.start) else { break };
        let number = [united_states, brazil, france].iter().find_map(|read| read(scan, first));
        let number = number.or_else(|| spain(scan, first)).or_else(|| united_kingdom(scan, first));
        if let Some(range) = number.filter(|_| start >= last) {
            last = range.end;
            found.push(range);
        }
    }
    found
}

/// `AAA-GG-SSSS`; with spaces or nothing between the parts only if a word near it says what it is.
fn united_states(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    let (range, gap) = grouped(scan, first, &[3, 2, 4])
        .or_else(|| scan.digits.get(first).filter(|group| group.len() == 9).map(|group| (group, "")))?;
    let digits: Vec<u8> =
        scan.text[range.clone()].bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    let number =
        |from: usize, to: usize| digits[from..to].iter().fold(0_u32, |n, digit| n * 10 + u32::from(*digit));
    let given = !matches!(number(0, 3), 0 | 666 | 900..) && number(3, 5) != 0 && number(5, 9) != 0;
    let named = || Context::of(scan.text, &range).before(&SSN_WORDS);
    (given && stands_alone(scan.text, &range) && (gap == "-" || named())).then_some(range)
}

/// `DDD.DDD.DDD-CC`.
fn brazil(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    let gaps = [".", ".", "-"];
    if (0..3).any(|place| scan.digits.gap(scan.text, first + place) != Some(gaps[place])) {
        return None;
    }
    let lengths = [3, 3, 3, 2];
    if (0..4).any(|place| scan.digits.get(first + place).is_none_or(|group| group.len() != lengths[place])) {
        return None;
    }
    let digits = scan.digits.digits(scan.text, first, 4, 11)?;
    let check = |count: usize| {
        let sum: usize = (0..count).map(|place| usize::from(digits[place]) * (count + 1 - place)).sum();
        (sum * 10 % 11) % 10 == usize::from(digits[count])
    };
    let range = scan.digits.get(first)?.start..scan.digits.get(first + 3)?.end;
    (check(9) && check(10) && stands_alone(scan.text, &range)).then_some(range)
}

/// `S YY MM DD CCC OOO KK`, with or without the spaces.
fn france(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    let range = match scan.digits.get(first)? {
        group if group.len() == 15 => group,
        _ => grouped(scan, first, &[1, 2, 2, 2, 3, 3, 2])?.0,
    };
    let digits: String = scan.text[range.clone()].chars().filter(char::is_ascii_digit).collect();
    let (number, key) = (digits[..13].parse::<u64>().ok()?, digits[13..].parse::<u64>().ok()?);
    let month = digits[3..5].parse::<u8>().ok()?;
    let person = matches!(digits.as_bytes()[0], b'1' | b'2') && matches!(month, 1..=12 | 20..=42 | 50..=99);
    (person && 97 - number % 97 == key && stands_alone(scan.text, &range)).then_some(range)
}

/// Eight digits and a letter, or `X`, `Y` or `Z`, seven digits and a letter.
fn spain(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let group = scan.digits.get(first)?;
    let number: usize = match group.len() {
        7 | 8 => scan.text[group.clone()].parse().ok()?,
        _ => return None,
    };
    let before = group.start.checked_sub(1).map(|at| scan.text.as_bytes()[at]);
    let foreigner = before.filter(|byte| group.len() == 7 && matches!(byte, b'X'..=b'Z'));
    if group.len() == 7 && foreigner.is_none() {
        return None;
    }
    let letter_at = group.end + usize::from(scan.text.as_bytes().get(group.end) == Some(&b'-'));
    let letter = *scan.text.as_bytes().get(letter_at).filter(|byte| byte.is_ascii_uppercase())?;
    let number = number + foreigner.map_or(0, |letter| usize::from(letter - b'X') * 10_000_000);
    let range = group.start - usize::from(foreigner.is_some())..letter_at + 1;
    let alone = starts_alone(scan.text, range.start) && ends_alone(scan.text, range.end);
    (letter == LETTERS[number % 23] && alone).then_some(range)
}

/// Two letters, six digits, often in pairs, and a letter from A to D.
fn united_kingdom(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    let (digits, gap) = match scan.digits.get(first)? {
        group if group.len() == 6 => (group, ""),
        _ => grouped(scan, first, &[2, 2, 2]).filter(|(_, gap)| *gap == " ")?,
    };
    let prefix = scan.text[..digits.start].strip_suffix(gap)?;
    let start = prefix.len().checked_sub(2)?;
    let letters = prefix.get(start..)?.as_bytes();
    let suffix = scan.text[digits.end..].strip_prefix(gap)?;
    let range = start..digits.end + gap.len() + 1;
    let usable = |byte: &u8| byte.is_ascii_uppercase() && !b"DFIQUV".contains(byte);
    let given = letters.iter().all(usable)
        && letters[1] != b'O'
        && !matches!(letters, b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ");
    let ends = matches!(suffix.as_bytes().first(), Some(b'A'..=b'D'));
    (given && ends && starts_alone(scan.text, start) && ends_alone(scan.text, range.end)).then_some(range)
}

/// Groups of these lengths with the same single space or hyphen between them, and that mark.
fn grouped<'a>(scan: &Scan<'a>, first: usize, lengths: &[usize]) -> Option<(Range<usize>, &'a str)> {
    let gap = scan.digits.gap(scan.text, first).filter(|gap| matches!(*gap, " " | "-"))?;
    for (place, length) in lengths.iter().enumerate() {
        let group = scan.digits.get(first + place)?;
        let same = place == 0 || scan.digits.gap(scan.text, first + place - 1) == Some(gap);
        if group.len() != *length || !same {
            return None;
        }
    }
    Some((scan.digits.get(first)?.start..scan.digits.get(first + lengths.len() - 1)?.end, gap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::DigitGroups;

    fn found(text: &str) -> Vec<&str> {
        let scan = Scan { text, digits: DigitGroups::of(text) };
        find(&scan).into_iter().map(|range| &text[range]).collect()
    }

    // The numbers are the agencies' own examples, or were used in advertisements and given to nobody.

    #[test]
    fn numbers_of_five_states_are_found() {
        for number in [
            "219-09-9999",
            "529.982.247-25",
            "1 84 12 76 451 089 46",
            "12345678Z",
            "X1234567L",
            "AB 12 34 56 C",
            "AB123456C",
        ] {
            assert_eq!(found(&format!("is {number}.")), [number]);
        }
    }

    #[test]
    fn numbers_that_were_never_given_are_none() {
        for text in [
            "000-12-3456",
            "666-12-3456",
            "900-12-3456",
            "219-00-9999",
            "219-09-0000",
            "2019-09-9999",
            "529.982.247-26",
            "12345678A",
            "X1234567A",
            "QQ123456C",
            "1 84 12 76 451 089 47",
            "219-09-99991",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn without_hyphens_a_word_must_say_what_it_is() {
        assert_eq!(found("SSN 219 09 9999 or 219099999"), ["219 09 9999", "219099999"]);
        assert_eq!(found("of 219 09 9999 or 219099999"), Vec::<&str>::new());
    }
}
