//! The name of an upload: kept as it was given, shown, and never used as a path.

use axum::http::HeaderMap;

use crate::{
    extract::header_text,
    problem::{Answer, Problem},
};

const NAME_BYTES_MAX: usize = 1024;

/// The name, if it can be kept.
pub(super) fn checked_name(name: &str) -> Answer<String> {
    let problem = match name {
        _ if name.trim().is_empty() => "is empty; send the file's name".to_owned(),
        _ if name.contains('\0') => "has a NUL character; send a name without it".to_owned(),
        _ if name.len() > NAME_BYTES_MAX => {
            format!("has {} bytes; the limit is {NAME_BYTES_MAX}", name.len())
        }
        _ => return Ok(name.to_owned()),
    };
    Err(Problem::malformed(format!("the file name {problem}")).with("field", "name"))
}

/// The name in the headers of a raw upload: `Content-Disposition`, or else `X-File-Name`.
pub(super) fn name_in_headers(headers: &HeaderMap) -> Answer<Option<String>> {
    let disposition = header_text(headers, "content-disposition")?;
    if let Some(name) = disposition.and_then(name_in_disposition) {
        return Ok(Some(name));
    }
    Ok(header_text(headers, "x-file-name")?.map(percent_decoded))
}

fn name_in_disposition(value: &str) -> Option<String> {
    let extended = parameter(value, "filename*").and_then(|value| {
        let (_charset, rest) = value.split_once('\'')?;
        Some(percent_decoded(rest.split_once('\'')?.1))
    });
    extended.or_else(|| parameter(value, "filename"))
}

/// A parameter of a header, unquoted. Semicolons inside quotes do not end it.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once(';') {
        rest = after.trim_start();
        let (found, after) = rest.split_once('=')?;
        let (text, remaining) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = remaining;
    }
    None
}

fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let (mut text, mut escaped) = (String::new(), false);
    for (at, character) in quoted.char_indices() {
        match character {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((text, &quoted[at + 1..])),
            _ => {
                text.push(character);
                escaped = false;
            }
        }
    }
    None
}

/// `text` with its percent-encoded bytes decoded; what is not an encoding stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let encoded = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| bytes[at] == b'%');
        decoded.push(encoded.unwrap_or(bytes[at]));
        at += if encoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_given_or_refused() {
        for name in ["../../etc/passwd", "a b.md", "naïve.txt", "C:\\x", " x"] {
            assert_eq!(checked_name(name).unwrap(), name);
        }
        for name in ["", "  ", "a\0b", &"n".repeat(1025)] {
            assert!(checked_name(name).is_err());
        }
    }

    #[test]
    fn a_disposition_is_read_in_both_forms() {
        let name = |value: &str| name_in_disposition(value);
        assert_eq!(name("attachment; filename=a.md").as_deref(), Some("a.md"));
        assert_eq!(name(r#"attachment; filename="a;\"b\".md"; size=3"#).as_deref(), Some(r#"a;"b".md"#));
        assert_eq!(
            name("attachment; filename=x; filename*=UTF-8''na%C3%AFve.md").as_deref(),
            Some("naïve.md")
        );
        assert_eq!(name("attachment"), None);
        assert_eq!(name(r#"attachment; filename="open"#), None);
    }

    #[test]
    fn a_percent_sign_that_encodes_nothing_stays() {
        assert_eq!(percent_decoded("100%.md"), "100%.md");
        assert_eq!(percent_decoded("a%20b%zz%"), "a b%zz%");
    }
}
