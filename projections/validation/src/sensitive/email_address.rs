//! E-mail addresses: a name, `@`, and a domain that could be registered.
//!
//! Source of the shape and the bounds: RFC 5321, sections 4.1.2 and 4.5.3.1 (64 characters before `@`, 255 behind),
//! RFC 1035 section 2.3.1 (labels of 63), RFC 6531 for letters beyond ASCII. Left out on purpose: quoted names, comments,
//! addresses in brackets, and the marks of RFC 5322 that in running text separate (`=`, `/`, `&`, `?`, `{`, `|`).
//! Not addresses: `git@host`, files such as `icon@2x.png`, and packages such as `name@1.2.3`.

use std::ops::Range;

const NAME_CHARS_MAX: usize = 64;
const DOMAIN_CHARS_MAX: usize = 255;
const LABEL_CHARS_MAX: usize = 63;

/// Endings of files, which are no top-level domains.
#[rustfmt::skip]
const FILE_ENDINGS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "css", "js", "jsx", "mjs", "json", "html", "scss", "tgz",
    "gz", "so", "dll",
];

/// The byte ranges of all addresses.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    text.match_indices('@').filter_map(|(at, _)| address_at(text, at)).collect()
}

fn address_at(text: &str, at: usize) -> Option<Range<usize>> {
    let name = name_before(&text[..at])?;
    let domain = domain_behind(&text[at + 1..])?;
    (name != "git").then(|| at - name.len()..at + 1 + domain.len())
}

/// The longest name that ends the text.
fn name_before(text: &str) -> Option<&str> {
    let taken = text.chars().rev().take(NAME_CHARS_MAX + 1).take_while(|c| is_name_char(*c));
    let (count, bytes) = taken.fold((0, 0), |(count, bytes), c| (count + 1, bytes + c.len_utf8()));
    let name = text[text.len() - bytes..].trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let whole = count <= NAME_CHARS_MAX && !name.is_empty() && !name.ends_with('.') && !name.contains("..");
    whole.then_some(name)
}

/// The longest domain that starts the text.
fn domain_behind(text: &str) -> Option<&str> {
    let taken = text.chars().take(DOMAIN_CHARS_MAX + 1).take_while(|c| is_domain_char(*c));
    let bytes: usize = taken.map(char::len_utf8).sum();
    let domain = text[..bytes].trim_end_matches(['.', '-']);
    let last = domain.rsplit('.').next()?;
    let labels = domain.split('.').count();
    let fits = domain.split('.').all(is_label) && labels >= 2 && domain.chars().count() <= DOMAIN_CHARS_MAX;
    (fits && is_top_level(last)).then_some(domain)
}

fn is_label(label: &str) -> bool {
    let chars = label.chars().count();
    (1..=LABEL_CHARS_MAX).contains(&chars) && !label.starts_with('-') && !label.ends_with('-')
}

fn is_top_level(label: &str) -> bool {
    let letters = label.chars().all(char::is_alphabetic) && label.chars().count() >= 2;
    let lower = label.to_ascii_lowercase();
    (letters || lower.starts_with("xn--")) && !FILE_ENDINGS.contains(&lower.as_str())
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '’' | '~')
}

fn is_domain_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn an_address_ends_where_its_sentence_goes_on() {
        assert_eq!(found("Write to <a.b+c@mail.example.org>, please."), ["a.b+c@mail.example.org"]);
        assert_eq!(
            found("('o'hara@example.ie'), x_y@example.co.uk."),
            ["o'hara@example.ie", "x_y@example.co.uk"]
        );
        assert_eq!(
            found("mailto:a@example.com?subject=x email=b@example.com"),
            ["a@example.com", "b@example.com"]
        );
        assert_eq!(found("Post an käthe@müller.example"), ["käthe@müller.example"]);
    }

    #[test]
    fn what_only_looks_like_an_address_is_left_alone() {
        let texts = [
            "git@github.com:a/b",
            "icon@2x.png",
            "lodash@4.17.21",
            "a@b",
            "@user",
            "x@-a.com",
            "a..b@example.com",
            "foo@plt",
            "a.@example.com",
            "@media screen",
            "name@example.c",
        ];
        for text in texts {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_name_of_65_characters_is_too_long() {
        let address = |chars| format!("{}@example.com", "é".repeat(chars));
        assert_eq!(find(&address(64)).len(), 1);
        assert_eq!(find(&address(65)).len(), 0);
    }
}
