//! How deep the objects of a file nest. unpdf's reader recurses into each bracket, so what would use up its stack is told beforehand, in
//! one pass over the bytes; lopdf leaves such objects out by itself.

use std::collections::BTreeSet;

use lopdf::{Document, Object, xref::XrefEntry};

use crate::sniff;

/// Real files nest less than thirty deep; a stack of 8 MiB takes some ten thousand in an optimised build, far fewer in others.
pub(super) const DEPTH_MAX: usize = 500;
/// What is longer is no string but a stray parenthesis.
const LITERAL_BYTES_MAX: usize = 64 * 1024;

/// Whether what stands between the streams of a file nests too deeply.
pub(super) fn is_too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut headers, mut at) = (0_usize, 0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let (mut width, before) = (1, std::mem::take(&mut headers));
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'<' if rest.starts_with(b"<<") => (depth, width) = (depth + 1, 2),
            b'>' if rest.starts_with(b">>") => (depth, width) = (depth.saturating_sub(1), 2),
            b'(' => width = literal(rest),
            b'e' if rest.starts_with(b"endobj") => (depth, width) = (0, 6),
            // `1 0 obj 2 0 obj 3 0 obj`: an object that starts with another one.
            b'o' if rest.starts_with(b"obj") => (headers, width) = (before + 1, 3),
            b's' if is_stream(bytes, at) => {
                width = sniff::find(rest, b"endstream").map_or(6, |length| length + 9);
            }
            b'%' if before > 0 => (headers, width) = (before, end_of_line(rest)),
            byte if byte.is_ascii_digit() || byte.is_ascii_whitespace() || *byte == 0 => headers = before,
            _ => {}
        }
        if depth > DEPTH_MAX || headers > DEPTH_MAX {
            return true;
        }
        at += width;
    }
    false
}

fn end_of_line(rest: &[u8]) -> usize {
    rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
}

/// The length of a string in parentheses, in which brackets mean nothing; 1 for one without end.
fn literal(rest: &[u8]) -> usize {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in rest.iter().take(LITERAL_BYTES_MAX).enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth -= 1,
            _ => {}
        }
    }
    1
}

/// The word that opens the data of a stream: behind a dictionary and at the end of its line.
fn is_stream(bytes: &[u8], at: usize) -> bool {
    bytes[at..].starts_with(b"stream")
        && matches!(bytes.get(at + 6), Some(b'\r' | b'\n'))
        && bytes[..at].trim_ascii_end().ends_with(b">>")
}

/// Whether an object that stands in a compressed stream nests too deeply.
pub(super) fn holds_too_deep(document: &Document, stream_bytes_max: usize) -> bool {
    let container = |entry: &XrefEntry| match entry {
        XrefEntry::Compressed { container, .. } => Some((*container, 0)),
        _ => None,
    };
    let containers: BTreeSet<_> = document.reference_table.entries.values().filter_map(container).collect();
    let inflated = containers.iter().filter_map(|id| match document.objects.get(id) {
        Some(Object::Stream(stream)) => stream.get_plain_content_with_limit(stream_bytes_max).ok(),
        _ => None,
    });
    inflated.into_iter().any(|content| is_too_deep(&content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_headers_count_and_streams_do_not() {
        let deep = |open: &str| is_too_deep(open.repeat(DEPTH_MAX + 1).as_bytes());
        assert!(deep("[") && deep("<<") && deep("<</A") && deep("1 0 obj ") && deep("1 0 obj%\n"));
        assert!(
            !deep("[]") && !deep("<</A[1]>>") && !deep("1 0 obj<</A 1>>endobj ") && !deep("1 0 obj 5 /A ")
        );
        let titles = "(\\([)".repeat(DEPTH_MAX + 1);
        assert!(
            !is_too_deep(titles.as_bytes())
                && is_too_deep(format!("({titles}{}", "[".repeat(501)).as_bytes())
        );
        let data = format!("<</Length 9>>stream\n{}endstream endobj", "[".repeat(1_000));
        assert!(!is_too_deep(data.as_bytes()));
        assert!(is_too_deep(data.replace("stream\n", "stream ").as_bytes()));
    }
}
