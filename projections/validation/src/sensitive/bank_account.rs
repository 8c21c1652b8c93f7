//! International bank account numbers: a country's letters, the length that it uses, and the remainder of 97.
//!
//! Source: ISO 13616 and the SWIFT IBAN registry (release 99) for countries and lengths; ISO/IEC 7064, MOD 97-10, for
//! the check. Letters may be small, and single spaces or hyphens may stand between groups of four.

use std::ops::Range;

use super::digit_groups::{ends_alone, starts_alone};

/// Each country's letters and the length of its numbers.
#[rustfmt::skip]
const COUNTRIES: [(&str, usize); 87] = [
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22),
    ("BI", 27), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27),
    ("DK", 18), ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27),
    ("GB", 22), ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21), ("HU", 28),
    ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28),
    ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22),
    ("MK", 19), ("MN", 20), ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28), ("NL", 18), ("NO", 15), ("OM", 23),
    ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22), ("RU", 33), ("SA", 24),
    ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("SO", 23), ("ST", 25), ("SV", 28),
    ("TL", 23), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24),
];

/// The byte ranges of all account numbers.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 4 < bytes.len() {
        let opens = bytes[at].is_ascii_alphabetic()
            && bytes[at + 1].is_ascii_alphabetic()
            && bytes[at + 2].is_ascii_digit()
            && bytes[at + 3].is_ascii_digit();
        match opens.then(|| account_at(text, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the account number that starts at a byte.
fn account_at(text: &str, start: usize) -> Option<usize> {
    let letters = text[start..start + 2].to_ascii_uppercase();
    let country = COUNTRIES.binary_search_by_key(&letters.as_str(), |(name, _)| *name).ok()?;
    let (characters, end) = take(&text.as_bytes()[start..], COUNTRIES[country].1)?;
    let alone = starts_alone(text, start) && ends_alone(text, start + end);
    (alone && remainder(&characters) == 1).then_some(start + end)
}

/// As many letters and digits, and the number of bytes that they take with what stands between groups of four.
fn take(bytes: &[u8], length: usize) -> Option<(Vec<u8>, usize)> {
    let grouped = bytes.get(4).copied().filter(|byte| matches!(byte, b' ' | b'-'));
    let mut characters = Vec::with_capacity(length);
    let mut at = 0;
    while characters.len() < length {
        if grouped.is_some() && !characters.is_empty() && characters.len() % 4 == 0 {
            if bytes.get(at).copied() != grouped {
                return None;
            }
            at += 1;
        }
        characters.push(bytes.get(at).copied().filter(u8::is_ascii_alphanumeric)?);
        at += 1;
    }
    Some((characters, at))
}

/// The number with its first four characters moved to the end and letters as 10 to 35, modulo 97.
fn remainder(characters: &[u8]) -> u32 {
    let (country, account) = characters.split_at(4);
    account.iter().chain(country).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    // The numbers are the examples of the registry.

    #[test]
    fn accounts_are_found_printed_typed_and_in_small_letters() {
        for account in [
            "GB29NWBK60161331926819",
            "GB29 NWBK 6016 1331 9268 19",
            "de89370400440532013000",
            "NO93 8601 1117 947",
            "FR14-2004-1010-0505-0001-3M02-606",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert_eq!(found(&format!("IBAN:{account}.")), [account]);
        }
    }

    #[test]
    fn a_wrong_check_country_length_or_neighbour_is_no_account() {
        for text in [
            "GB29NWBK60161331926818",
            "XX29NWBK60161331926819",
            "GB29NWBK6016133192681",
            "aGB29NWBK60161331926819",
            "GB29NWBK601613319268190",
            "GB29 NWBK60161331926819",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn the_countries_are_in_order() {
        assert!(COUNTRIES.is_sorted());
    }
}
