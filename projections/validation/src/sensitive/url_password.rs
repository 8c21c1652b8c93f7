//! Passwords inside URLs, as in `postgres://user:password@host`.
//!
//! Source of the shape: RFC 3986, section 3.2.1, which deprecates it. What stands for a password in manuals is none.

use std::ops::Range;

use super::placeholder::is_placeholder;

/// Longest user and password together, in bytes.
const USER_BYTES_MAX: usize = 256;
/// Shortest password worth the name.
const PASSWORD_BYTES_MIN: usize = 4;

/// What examples use as a password.
const USUAL: [&str; 10] =
    ["pass", "pwd", "user", "postgres", "root", "admin", "test", "guest", "elite", "pass123"];

/// The byte ranges of all such passwords.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    text.match_indices("://").filter_map(|(at, mark)| password_at(text, at + mark.len())).collect()
}

fn password_at(text: &str, start: usize) -> Option<Range<usize>> {
    let authority = &text[start..text.floor_char_boundary((start + USER_BYTES_MAX).min(text.len()))];
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | ')' | ']')
    };
    let authority = &authority[..authority.find(ends).unwrap_or(authority.len())];
    let (user, _host) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let real = password.len() >= PASSWORD_BYTES_MIN && password != name && !is_placeholder_password(password);
    let from = start + name.len() + 1;
    real.then(|| from..from + password.len())
}

fn is_placeholder_password(password: &str) -> bool {
    // A short password may well have few different characters.
    USUAL.contains(&password.to_ascii_lowercase().as_str())
        || (password.len() > 4 && is_placeholder(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn the_password_alone_is_found() {
        assert_eq!(found("at postgres://app:h7%20x@db:5432/x."), Vec::<&str>::new());
        assert_eq!(found("at postgres://app:tr0ub4dor@db:5432/x."), ["tr0ub4dor"]);
        assert_eq!(found("https://u:a@b3Kq9z@h \"redis://:9fK2mQ@h\""), ["a@b3Kq9z", "9fK2mQ"]);
    }

    #[test]
    fn urls_without_a_password_or_with_a_usual_one_are_left_alone() {
        for text in [
            "http://a.example:8080/x@y",
            "ssh://git@host/x",
            "postgres://postgres:postgres@localhost",
            "https://user:password@host",
            "https://user:${PASS}@host",
            "://:@",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
