//! Random values that are assigned to a name that says secret, such as `api_key = "…"`.
//!
//! Source: the rule `generic-api-key` of gitleaks 8 (names; values of 10 to 150 characters with an entropy of 3.5 bits or more),
//! tightened by asking for letters and digits, because of what it reports in prose and code. It informs at most: no rule can tell
//! a secret from another random value.

use std::ops::Range;

use super::placeholder::is_placeholder;

const VALUE_CHARS: std::ops::RangeInclusive<usize> = 10..=150;
const ENTROPY_BITS_MIN: f64 = 3.5;
/// Longest name looked at, in bytes.
const NAME_BYTES_MAX: usize = 50;
/// Most marks between a name and its sign, and between the sign and the value.
const MARKS_MAX: usize = 4;

/// Parts of names that say secret, in lower case without `_` and `-`.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "secret", "token", "password", "passwd", "passphrase", "apikey", "accesskey", "authkey", "privatekey",
    "credential", "encryptionkey",
];

/// The byte ranges of all such values.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let signs = (0..bytes.len()).filter(|at| matches!(bytes[*at], b'=' | b':'));
    let mut found: Vec<Range<usize>> = Vec::new();
    for sign in signs {
        if found.last().is_none_or(|last| last.end <= sign) {
            found.extend(value_of(text, sign));
        }
    }
    found
}

fn value_of(text: &str, sign: usize) -> Option<Range<usize>> {
    let marks = text[sign + 1..].bytes().take(MARKS_MAX).take_while(|byte| b"=> ".contains(byte)).count();
    let behind = &text[sign + 1 + marks..];
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let value = &behind[quote.map_or(0, char::len_utf8)..];
    let start = text.len() - value.len();
    let length = value.bytes().take(VALUE_CHARS.end() + 1).take_while(|byte| is_value_byte(*byte)).count();
    let end = start + length;
    let next = text[end..].chars().next();
    let closed = match quote {
        Some(_) => next == quote,
        None => next.is_none_or(|c| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '\\')),
    };
    (closed && VALUE_CHARS.contains(&length) && names_secret(&text[..sign]) && is_random(&text[start..end]))
        .then_some(start..end)
}

/// Whether a text ends in a name that says secret, with or without quotes.
fn names_secret(before: &str) -> bool {
    let marks = before.bytes().rev().take(MARKS_MAX).take_while(|byte| b" \"':`]".contains(byte)).count();
    let before = &before[..before.len() - marks];
    let name: Vec<u8> = before
        .bytes()
        .rev()
        .take(NAME_BYTES_MAX)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    let name: String = name.into_iter().rev().map(char::from).collect();
    NAMES.iter().any(|part| name.contains(part)) && !name.contains("public") && !name.ends_with("id")
}

fn is_value_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-.!@#^*~".contains(&byte)
}

fn is_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let path = value.starts_with(['/', '.', '~']) || value.contains("://");
    digits >= 2 && letters >= 2 && !path && !is_placeholder(value) && entropy_bits(value) >= ENTROPY_BITS_MIN
}

/// Shannon's entropy of the bytes of a value, in bits a byte.
fn entropy_bits(value: &str) -> f64 {
    let mut counts = [0_u64; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let shares =
        counts.iter().filter(|count| **count > 0).map(|count| crate::rule::ratio(*count, value.len() as u64));
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn random_values_of_names_that_say_secret_are_found() {
        for text in [
            "API_KEY=q7Zt2mXw9Lp4RvK8",
            "api-key: 'q7Zt2mXw9Lp4RvK8'",
            "\"clientSecret\": \"q7Zt2mXw9Lp4RvK8\",",
            "password := \"q7Zt2mXw9Lp4RvK8\"",
            "?token=q7Zt2mXw9Lp4RvK8&x=1",
            "export DB_PASSWORD=q7Zt2mXw9Lp4RvK8\n",
        ] {
            assert_eq!(found(text), ["q7Zt2mXw9Lp4RvK8"], "{text}");
        }
    }

    #[test]
    fn other_names_and_values_that_are_not_random_are_left_alone() {
        for text in [
            "hash = q7Zt2mXw9Lp4RvK8",
            "public_token = q7Zt2mXw9Lp4RvK8",
            "token: read_from_file_2_3()",
            "secret = 12345678901234",
            "api_key = your_api_key_1_2_3",
            "password = correcthorsebattery",
            "token = \"q7Zt2mXw9Lp4RvK8",
            "secret: /run/s3crets/a1b2c",
            "key_id: q7Zt2mXw9Lp4RvK8",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn entropy_is_that_of_shannon() {
        assert!((entropy_bits("abcdabcd") - 2.0).abs() < 1e-12);
        assert!(entropy_bits("aaaa").abs() < 1e-12);
    }
}
