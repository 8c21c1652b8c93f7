//! Payment card numbers: an issuer's first digits, a length that it uses, and the check digit.
//!
//! Source: ISO/IEC 7812-1 (check digit of Luhn), and the networks' ranges as published by them: Visa 4 (13, 16, 19
//! digits), Mastercard 51-55 and 2221-2720 (16), American Express 34 and 37 (15), Diners Club 30, 36, 38, 39 (14 to 16),
//! Discover 6011, 622126-622925, 644-65 (16 to 19), JCB 3528-3589 (16 to 19) and the older 1800 and 2131 (15), `UnionPay` 62
//! (16 to 19), Mir 2200-2204 (16 to 19), Maestro 0604, 50, 56-58 and 6 (12 to 19). One random number in ten passes the check, so
//! Maestro and the rarer lengths, which identifiers have as well, need a word near them that says card.

use std::ops::Range;

use super::{
    Scan,
    context::Context,
    digit_groups::{passes_luhn, stands_alone},
};

const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;

/// How cards print their digits.
const GROUPINGS: [&[usize]; 8] = [
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 3],
    &[4, 4, 4, 2],
    &[6, 13],
    &[4, 4, 5],
];

#[rustfmt::skip]
const CARD_WORDS: &[&str] = &[
    "card*", "cc", "credit", "debit", "visa", "mastercard", "maestro", "amex", "payment", "pan", "cvv", "cvc",
    "carte*", "karte*", "kreditkarte*", "kartennummer", "tarjeta*", "carta", "cartão", "kort*", "kaart*",
    "карт*", "ccn", "acct", "pay", "paid", "charge*", "billed",
];

/// The byte ranges of all card numbers.
pub(super) fn find(scan: &Scan<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < scan.digits.len() {
        let groups = groups_of_card(scan, index);
        if let Some(card) = groups.and_then(|count| card_at(scan, index, count)) {
            found.push(card);
            index += groups.unwrap_or(1);
        } else {
            index += 1;
        }
    }
    found
}

/// How many groups the number that starts with a group is printed in, if that is a way in which cards are printed.
fn groups_of_card(scan: &Scan<'_>, first: usize) -> Option<usize> {
    let length = scan.digits.get(first)?.len();
    if (DIGITS_MIN..=DIGITS_MAX).contains(&length) {
        return Some(1);
    }
    if !matches!(length, 4 | 6) {
        return None;
    }
    let separator =
        scan.digits.gap(scan.text, first).filter(|gap| matches!(*gap, " " | "-" | "\u{a0}" | "."))?;
    // The longest grouping that fits, since a shorter one may be its beginning.
    GROUPINGS
        .iter()
        .filter(|grouping| {
            grouping.iter().enumerate().all(|(place, expected)| {
                let same = place == 0 || scan.digits.gap(scan.text, first + place - 1) == Some(separator);
                same && scan.digits.get(first + place).is_some_and(|group| group.len() == *expected)
            })
        })
        .map(|grouping| grouping.len())
        .max()
}

fn card_at(scan: &Scan<'_>, first: usize, count: usize) -> Option<Range<usize>> {
    let digits = scan.digits.digits(scan.text, first, count, DIGITS_MAX)?;
    let range = scan.digits.get(first)?.start..scan.digits.get(first + count - 1)?.end;
    let sure = is_common(&digits);
    let is_card = (sure || is_rare(&digits)) && passes_luhn(&digits) && stands_alone(scan.text, &range);
    let named = || {
        Context::of(scan.text, &range).before(CARD_WORDS) || Context::of(scan.text, &range).behind(CARD_WORDS)
    };
    (is_card && (sure || named())).then_some(range)
}

/// The number that the first digits make.
fn opening(digits: &[u8], count: usize) -> u32 {
    digits.iter().take(count).fold(0, |number, digit| number * 10 + u32::from(*digit))
}

/// Whether cards of a large network start so and are as long.
fn is_common(digits: &[u8]) -> bool {
    let (two, four) = (opening(digits, 2), opening(digits, 4));
    match digits.len() {
        14 => matches!(two, 30 | 36 | 38 | 39),
        15 => matches!(two, 34 | 37) || matches!(four, 1800 | 2131),
        16 => {
            matches!(two, 35 | 40..=49 | 51..=55 | 62 | 65)
                || matches!(four, 2200..=2204 | 2221..=2720 | 6011 | 6440..=6499)
        }
        _ => false,
    }
}

/// Whether some network issues cards that start so and are as long, although other numbers are more frequent.
fn is_rare(digits: &[u8]) -> bool {
    let (two, four) = (opening(digits, 2), opening(digits, 4));
    match digits.len() {
        13 | 19 if matches!(two, 40..=49) => true,
        15..=19 if matches!(two, 30 | 35 | 36 | 38 | 39) || matches!(four, 2200..=2204) => true,
        12..=19 => matches!(two, 50 | 56..=58 | 60..=69) || four == 604,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::DigitGroups;

    fn found(text: &str) -> Vec<&str> {
        let scan = Scan { text, digits: DigitGroups::of(text) };
        find(&scan).into_iter().map(|range| &text[range]).collect()
    }

    // The numbers are those that networks and payment providers publish for testing.

    #[test]
    fn cards_are_found_as_they_are_printed() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "3782 822463 10005",
            "30569309025904",
            "3056 930902 5904",
            "6011.1111.1111.1117",
            "3530111333300000",
            "2223003122003222",
            "6200000000000005",
        ] {
            assert_eq!(found(&format!("x: {card}, 2030")), [card]);
        }
    }

    #[test]
    fn a_wrong_check_digit_or_another_issuer_is_no_card() {
        for number in [
            "4111111111111112",
            "1111111111111117",
            "4111 1111-1111 1111",
            "a4111111111111111",
            "0.4111111111111111",
            "4111111111111111-2",
            "41111111111111",
            "18446744073709551615",
            "4111 1111 1111",
        ] {
            assert_eq!(found(number), Vec::<&str>::new());
        }
    }

    #[test]
    fn a_short_number_needs_a_word_that_says_card() {
        assert_eq!(found("my card 4222222222222 is lost"), ["4222222222222"]);
        assert_eq!(found("in step 4222222222222 it is lost"), Vec::<&str>::new());
    }
}
