//! Tokens whose shape their issuer has made known: a prefix, an alphabet, a length.
//!
//! Sources: the issuers' own pages (GitHub "token formats", GitLab "token overview", AWS IAM "unique identifiers", Slack "token
//! types", Stripe "API keys", Google Cloud "API keys", npm and `PyPI` announcements of scannable tokens, `OpenAI`, Anthropic, Hugging
//! Face, `SendGrid`, Shopify, `DigitalOcean`, Databricks) and RFC 7519 for signed web tokens. What is written where a token should
//! be put, such as `ghp_xxxx` or Amazon's `…EXAMPLE`, is none.

use std::ops::Range;

use super::placeholder::is_placeholder;

/// Characters that a token may be made of behind its prefix.
#[derive(Clone, Copy)]
enum Alphabet {
    /// Capital letters and digits.
    Capitals,
    /// Digits and `a` to `f`.
    Hexadecimal,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `-` and `_`.
    UrlSafe,
    /// The same and points.
    Dotted,
}

use Alphabet::{Alphanumeric, Capitals, Dotted, Hexadecimal, UrlSafe};

/// Prefix, alphabet, and how many characters follow.
#[rustfmt::skip]
const SHAPES: [(&str, Alphabet, Range<usize>); 39] = [
    ("AKIA", Capitals, 16..17), ("ASIA", Capitals, 16..17),
    ("ghp_", Alphanumeric, 36..37), ("gho_", Alphanumeric, 36..37), ("ghu_", Alphanumeric, 36..37),
    ("ghs_", Alphanumeric, 36..37), ("ghr_", Alphanumeric, 36..77), ("github_pat_", UrlSafe, 82..83),
    ("glpat-", UrlSafe, 20..60), ("gldt-", UrlSafe, 20..60), ("glrt-", UrlSafe, 20..60),
    ("xoxb-", UrlSafe, 20..256), ("xoxp-", UrlSafe, 20..256), ("xoxa-", UrlSafe, 20..256), ("xapp-", UrlSafe, 20..256),
    ("sk_live_", Alphanumeric, 24..256), ("rk_live_", Alphanumeric, 24..256), ("sk_test_", Alphanumeric, 24..256),
    ("whsec_", Alphanumeric, 32..65),
    ("AIza", UrlSafe, 35..36), ("GOCSPX-", UrlSafe, 28..29), ("ya29.", UrlSafe, 40..400),
    ("npm_", Alphanumeric, 36..37), ("pypi-AgEIcHlwaS5vcmc", UrlSafe, 50..300), ("crates-io_", Alphanumeric, 32..60),
    ("sk-ant-", UrlSafe, 80..130), ("sk-proj-", UrlSafe, 40..200), ("sk-svcacct-", UrlSafe, 40..200), ("sk-", Alphanumeric, 48..49),
    ("hf_", Alphanumeric, 34..38), ("SG.", Dotted, 66..67),
    ("shpat_", Hexadecimal, 32..33), ("shpss_", Hexadecimal, 32..33), ("dop_v1_", Hexadecimal, 64..65),
    ("dapi", Hexadecimal, 32..33), ("key-", Hexadecimal, 32..33), ("PMAK-", UrlSafe, 59..60), ("lin_api_", Alphanumeric, 40..41),
    ("eyJ", Dotted, 60..4000),
];

/// The byte ranges of all tokens.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match (is_token_byte(byte), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.extend(token_in(text, from..at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// The token that a word is, less the points and hyphens of its sentence.
fn token_in(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let trimmed = text[word.clone()].trim_end_matches(['.', '-', '_']);
    let (_, length) = shape_of(trimmed)?;
    (!is_placeholder(&trimmed[..length])).then(|| word.start..word.start + length)
}

/// The prefix that a word has and the bytes of the token that it is.
fn shape_of(word: &str) -> Option<(&'static str, usize)> {
    SHAPES.iter().find_map(|(prefix, alphabet, lengths)| {
        let rest = word.strip_prefix(prefix)?;
        let length = rest.bytes().take_while(|byte| alphabet.holds(*byte)).count();
        let whole = lengths.contains(&length) && length == rest.len();
        (whole && (*prefix != "eyJ" || is_web_token(word))).then_some((*prefix, word.len()))
    })
}

/// Three parts of which the second is an object, too.
fn is_web_token(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() == 3 && parts[1].starts_with("eyJ") && parts[2].len() >= 20
}

/// What every token of the same issuer starts with.
pub(super) fn public_prefix(token: &str) -> &'static str {
    shape_of(token).map_or("", |(prefix, _)| prefix)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

impl Alphabet {
    fn holds(self, byte: u8) -> bool {
        match self {
            Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Hexadecimal => byte.is_ascii_hexdigit(),
            Alphanumeric => byte.is_ascii_alphanumeric(),
            UrlSafe => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters and digits in an order that no placeholder has.
    fn random(length: usize) -> String {
        "q7Zt2mXw9Lp4RvK8".chars().cycle().take(length).collect()
    }

    #[test]
    fn every_shape_is_found_and_neither_a_shorter_nor_a_longer_one() {
        for (prefix, alphabet, lengths) in &SHAPES[..SHAPES.len() - 1] {
            let made = |length: usize| {
                let body = match alphabet {
                    Capitals => random(length).to_uppercase(),
                    Hexadecimal => "7a3f09c2e8b14d65".chars().cycle().take(length).collect(),
                    _ => random(length),
                };
                format!("{prefix}{body}")
            };
            let token = made(lengths.start);
            assert_eq!(find(&format!("\"{token}\".")), vec![1..token.len() + 1]);
            assert!(find(&made(lengths.start - 1)).is_empty(), "{prefix}");
            assert!(find(&made(lengths.end)).is_empty(), "{prefix}");
            assert!(find(&format!("x{token}")).is_empty(), "{prefix}");
        }
    }

    #[test]
    fn a_web_token_has_three_parts_of_which_two_are_objects() {
        let token = format!("eyJ{}.eyJ{}.{}", random(30), random(30), random(43));
        assert_eq!(find(&token), vec![0..token.len()]);
        assert!(find(&format!("eyJ{}.{}.{}", random(30), random(30), random(43))).is_empty());
    }

    #[test]
    fn placeholders_are_no_tokens() {
        assert!(find("AKIAIOSFODNN7EXAMPLE").is_empty());
        assert!(find(&format!("ghp_{}", "x".repeat(36))).is_empty());
    }
}
