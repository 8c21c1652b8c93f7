//! Public addresses of the Internet protocol, version 4 and 6.
//!
//! Source of what is public: IANA's special-purpose address registries (RFC 6890). Addresses of private networks, of
//! examples and of the machine itself tell of nobody; datatrove's filter of personal data leaves them, too. Four numbers
//! behind the word version or section are none, and of short ones, as headings have them, a word must say so.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{Scan, context::Context, digit_groups::stands_alone};

/// Longest text of an IPv6 address, in bytes.
const V6_BYTES_MAX: usize = 39;

/// Words that make four short numbers an address.
const NAMES: [&str; 9] =
    ["ip", "ipv4", "address*", "host*", "server*", "client*", "dns", "ping", "resolver*"];
/// Numbers of two digits or more from which on no such word is asked for.
const LONG_MIN: usize = 2;

/// Words in front of four numbers that are no address.
const OTHERS: [&str; 9] =
    ["v", "version", "versions", "release", "build", "firmware", "section", "clause", "chapter"];

/// The byte ranges of all public addresses.
pub(super) fn find(scan: &Scan<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<_> = (0..scan.digits.len()).filter_map(|first| v4_at(scan, first)).collect();
    found.extend(v6(scan.text));
    found.sort_unstable_by_key(|range| range.start);
    found
}

fn v4_at(scan: &Scan<'_>, first: usize) -> Option<Range<usize>> {
    if (0..3).any(|place| scan.digits.gap(scan.text, first + place) != Some(".")) {
        return None;
    }
    let range = scan.digits.get(first)?.start..scan.digits.get(first + 3)?.end;
    let address: Ipv4Addr = scan.text[range.clone()].parse().ok()?;
    let before = scan.text[..range.start].trim_end();
    let free = (stands_alone(scan.text, &range) || followed_by_port(scan.text, &range))
        && !before.ends_with(['.', '§']);
    (free && is_public_v4(address) && is_named(scan, first, &range)).then_some(range)
}

/// Whether it is long enough to be nothing else, or a word says what it is.
fn is_named(scan: &Scan<'_>, first: usize, range: &Range<usize>) -> bool {
    let long =
        (0..4).filter(|place| scan.digits.get(first + place).is_some_and(|group| group.len() > 1)).count();
    let context = Context::of(scan.text, range);
    !context.right_before(1, &OTHERS) && (long >= LONG_MIN || context.before(&NAMES))
}

/// Whether a colon and a port, or a slash and the length of a prefix, are all that clings to an address.
fn followed_by_port(text: &str, range: &Range<usize>) -> bool {
    let rest = text[range.end..].strip_prefix([':', '/']).unwrap_or_default();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && stands_alone(&text[..range.end], range) && !rest[digits..].starts_with('.')
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(a, 0 | 10 | 127 | 224..)
        || matches!((a, b), (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18..=19))
        || matches!((a, b, c), (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113));
    !special
}

/// Version 6: words of hexadecimal digits and colons that can be read as a public address.
fn v6(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let is_part = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let colon = at + bytes[at..].iter().position(|byte| *byte == b':')?;
            let start = (at..colon).rev().take_while(|place| is_part(*place)).last().unwrap_or(colon);
            let end = (colon..bytes.len()).find(|place| !is_part(*place)).unwrap_or(bytes.len());
            at = end.max(colon + 1);
            let end = start + text[start..end].trim_end_matches(':').len();
            if is_public_v6(text, &(start..end)) {
                return Some(start..end);
            }
        }
        None
    })
}

fn is_public_v6(text: &str, range: &Range<usize>) -> bool {
    if range.len() > V6_BYTES_MAX || !stands_alone(text, range) {
        return false;
    }
    text[range.clone()].parse::<Ipv6Addr>().is_ok_and(|address| {
        // 2000::/3 is what is given out; less the examples (2001:db8::/32, 3fff::/20) and 2001::/23, which has other uses.
        let [a, b, ..] = address.segments();
        a >> 13 == 1 && !(a == 0x2001 && (b == 0xdb8 || b < 0x200)) && !(a == 0x3fff && b < 0x1000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::DigitGroups;

    fn found(text: &str) -> Vec<&str> {
        let scan = Scan { text, digits: DigitGroups::of(text) };
        find(&scan).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn public_addresses_are_found_in_running_text_logs_and_urls() {
        assert_eq!(found("from 93.184.215.14."), ["93.184.215.14"]);
        assert_eq!(
            found("|93.184.215.14|%20 http://93.184.215.14:8080/x"),
            ["93.184.215.14", "93.184.215.14"]
        );
        assert_eq!(
            found("[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443"),
            ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
        );
        assert_eq!(found("ping 2606:4700::6810:84e5: ok"), ["2606:4700::6810:84e5"]);
    }

    #[test]
    fn addresses_of_nobody_and_other_numbers_are_left_alone() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "192.0.2.7",
            "203.0.113.9",
            "0.0.0.0",
            "224.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "93.184.215.014",
            "version 93.184.215.14",
            "v93.184.215.14",
            "§ 93.184.215.14",
            "c. 93.184.215.14",
            "Paragraph 2.1.1.1",
            "2001:db8::1",
            "::1",
            "fe80::1",
            "12:34:56",
            "std::fmt",
            "add::b",
            "a93.184.215.14",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
