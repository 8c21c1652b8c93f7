//! Rust source with strings, characters and comments blanked, so that what is left is code. Lines stay where they are.
//!
//! Not a lexer: it knows where literals and comments end, and nothing else.

/// `text` with every byte of a literal or comment replaced by a space; newlines are kept.
pub fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = opaque_end(bytes, at);
        if end == at {
            out.push(if bytes[at].is_ascii() { bytes[at] } else { b'x' });
            at += 1;
        } else {
            out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Where the literal or comment that starts at `at` ends; `at` itself when none starts there.
fn opaque_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => at + until(rest, |byte| byte == b'\n'),
        [b'/', b'*', ..] => at + block_comment(rest),
        [b'"', ..] => at + string(rest),
        [b'\'', ..] => at + character(rest),
        [b'r' | b'b' | b'c', ..] if !continues_a_word(bytes, at) => at + prefixed(rest),
        _ => at,
    }
}

fn continues_a_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| is_word(bytes[before]))
}

/// Whether a byte may stand in an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

fn until(rest: &[u8], stop: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal is `'\…'` or one character between quotes; anything else is a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        let after_escape = 3;
        return rest.get(after_escape..).map_or(rest.len(), |tail| {
            after_escape + (until(tail, |byte| byte == b'\'') + 1).min(tail.len())
        });
    }
    let width = match rest.get(1) {
        Some(byte) if *byte >= 0xf0 => 4,
        Some(byte) if *byte >= 0xe0 => 3,
        Some(byte) if *byte >= 0xc0 => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `b'…'`, `c"…"`, `cr"…"`; zero for a word that begins with one of those letters.
fn prefixed(rest: &[u8]) -> usize {
    let letters = until(rest, |byte| !matches!(byte, b'r' | b'b' | b'c'));
    let hashes = until(&rest[letters..], |byte| byte != b'#');
    let raw = rest[letters - 1] == b'r';
    match rest.get(letters + hashes) {
        Some(b'"') if letters <= 2 && raw => raw_string(rest, letters + hashes + 1, hashes),
        Some(b'"') if letters == 1 && hashes == 0 => letters + string(&rest[letters..]),
        Some(b'\'') if rest[0] == b'b' && letters == 1 && hashes == 0 => {
            letters + character(&rest[letters..])
        }
        _ => 0,
    }
}

fn raw_string(rest: &[u8], body: usize, hashes: usize) -> usize {
    let mut end = vec![b'#'; hashes + 1];
    end[0] = b'"';
    let tail = &rest[body..];
    tail.windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |found| body + found + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_literals_and_comments_disappear() {
        for source in [
            r#"a("{")b"#,
            r##"a(r#"{ " {"#)b"##,
            r#"a(b"{\"{")b"#,
            "a('{')b",
            r"a('\'', '{', b'{', '\u{7b}')b",
            "a(/* { /* { */ { */)b",
            "a(// {\n)b",
            "a('é', \"{\")b",
        ] {
            let masked = mask(source);
            assert!(!masked.contains('{'), "{source} became {masked}");
            assert!(masked.starts_with("a(") && masked.ends_with(")b"), "{source} became {masked}");
            assert_eq!(masked.lines().count(), source.lines().count(), "{source}");
        }
    }

    #[test]
    fn lifetimes_labels_and_raw_identifiers_stay_code() {
        for source in ["fn f<'a>(x: &'a str) {}", "'outer: loop { break 'outer }", "fn r#fn(crab: u8) {}"] {
            assert_eq!(mask(source), source);
        }
    }

    #[test]
    fn an_unfinished_literal_reaches_to_the_end() {
        assert_eq!(mask("a\"b\nc"), "a  \n ");
        assert_eq!(mask("a'\\"), "a  ");
        assert_eq!(mask("r#\"x"), "    ");
    }
}
