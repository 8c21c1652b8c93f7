//! What says in which charset a page is: the `Content-Type` it came with, or a mark near its beginning.

use crate::{Source, sniff};

/// How far into a page its charset may be stated; the standard says 1024 bytes, real pages need more.
const WITHIN_BYTES: usize = 4096;

/// The label in the declared type, else in `<meta charset=…>` or `<meta … content="text/html; charset=…">` or an XML declaration.
pub(super) fn stated<'a>(bytes: &'a [u8], source: &'a Source) -> Option<&'a [u8]> {
    let declared = source.declared_type.as_deref().unwrap_or_default().as_bytes();
    let known = |label: &&[u8]| encoding_rs::Encoding::for_label(label).is_some();
    // UTF-8 is noticed without being told; servers say it of pages that are not.
    let other = |label: &&[u8]| encoding_rs::Encoding::for_label(label) != Some(encoding_rs::UTF_8);
    behind_charset(declared).filter(known).filter(other).or_else(|| in_page(bytes))
}

fn in_page(bytes: &[u8]) -> Option<&[u8]> {
    let head = &bytes[..bytes.len().min(WITHIN_BYTES)];
    if let Some(label) = behind_charset(head) {
        return Some(label);
    }
    let lower = head.to_ascii_lowercase();
    let declaration = lower.starts_with(b"<?xml").then(|| sniff::find(&lower, b"encoding=")).flatten()?;
    let value = head.get(declaration + b"encoding=".len() + 1..)?;
    Some(&value[..value.iter().position(|byte| matches!(byte, b'"' | b'\''))?])
}

/// The value of the first `charset=`.
fn behind_charset(text: &[u8]) -> Option<&[u8]> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = sniff::find(&lower[from..], b"charset") {
        from += found + b"charset".len();
        let value = text[from..].trim_ascii_start();
        let Some(value) = value.strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)));
        return Some(&value[..end.unwrap_or(value.len())]);
    }
    None
}
