//! Private keys in their textual form.
//!
//! Source: RFC 7468 (`BEGIN … PRIVATE KEY`), OpenSSH's PROTOCOL.key, and RFC 9580 section 6.2 for `OpenPGP`. A heading with
//! nothing like a key behind it, as manuals show it, is none.

use std::ops::Range;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const END: &str = "-----END ";

/// Longest heading, in bytes.
const HEADING_BYTES_MAX: usize = 40;
/// Longest key looked at: an RSA key of 16,384 bits takes 13 kB.
const KEY_BYTES_MAX: usize = 20_000;
/// Least characters of base64: an Ed25519 key has 64.
const KEY_CHARS_MIN: usize = 60;

/// The byte ranges of all keys, from heading to ending.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices(BEGIN) {
        if found.last().is_none_or(|last| last.end <= start) {
            found.extend(end_of_key(&text[start..]).map(|end| start..start + end));
        }
    }
    found
}

/// Where the key that the text starts with ends.
fn end_of_key(text: &str) -> Option<usize> {
    let heading =
        &text[BEGIN.len()..text.floor_char_boundary((BEGIN.len() + HEADING_BYTES_MAX).min(text.len()))];
    let label = &heading[..heading.find(DASHES)?];
    if !label.ends_with("PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    let from = BEGIN.len() + label.len() + DASHES.len();
    let body = &text[from..text.floor_char_boundary((from + KEY_BYTES_MAX).min(text.len()))];
    // Nothing in a key has dashes, so the first ones are those of its ending, or it has none.
    let ending = body.find(DASHES).filter(|at| body[*at..].starts_with(END))?;
    let key = body[..ending]
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        .count();
    let behind = &body[ending + END.len()..];
    let closed = behind.strip_prefix(label)?.starts_with(DASHES);
    (key >= KEY_CHARS_MIN && closed).then(|| from + ending + END.len() + label.len() + DASHES.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(label: &str, body: &str) -> String {
        format!("{BEGIN}{label}{DASHES}\n{body}\n{END}{label}{DASHES}")
    }

    #[test]
    fn keys_of_every_kind_are_found_whole() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
            let key = key(label, &"MIIE1a2b".repeat(10));
            let text = format!("a {key} b");
            assert_eq!(find(&text), vec![2..2 + key.len()], "{label}");
        }
    }

    #[test]
    fn public_keys_and_headings_without_a_key_are_none() {
        assert_eq!(find(&key("PUBLIC KEY", &"MIIE1a2b".repeat(10))), []);
        assert_eq!(find(&key("PRIVATE KEY", "...")), []);
        assert_eq!(find(&format!("{BEGIN}PRIVATE KEY{DASHES}{}", "a".repeat(100))), []);
    }
}
