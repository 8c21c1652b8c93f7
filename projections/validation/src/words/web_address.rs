//! Whether a piece is a web or mail address, which is one token however many marks it holds.
//!
//! A plain reading of `URL_PATTERN` in `spacy/lang/tokenizer_exceptions.py`: scheme and user optional, then a host with
//! a lower-case top-level domain or an IPv4 address, an optional port, and an optional path. It judges form only.

use super::character_sets::is_lower;

/// Longest label of a host name, in characters.
const LABEL_CHARS_MAX: usize = 64;
/// Longest top-level domain, in characters.
const TOP_LEVEL_CHARS_MAX: usize = 63;

/// Whether the whole piece is an address.
pub(super) fn is_address(piece: &str) -> bool {
    if !piece.contains('.') {
        return false;
    }
    let rest = match piece.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ => piece,
    };
    // The user may hold anything, so the host is looked for after the first, the last and no `@`.
    let after_user =
        [Some(rest), rest.split_once('@').map(|(_, host)| host), rest.rsplit_once('@').map(|(_, host)| host)];
    after_user.into_iter().flatten().any(is_host_port_path)
}

fn is_scheme(scheme: &str) -> bool {
    scheme.chars().count() >= 2
        && scheme.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '+' | '-' | '.'))
}

fn is_host_port_path(text: &str) -> bool {
    let host_end = text.find([':', '/', '?', '#']).unwrap_or(text.len());
    let (host, rest) = text.split_at(host_end);
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            if !(2..=5).contains(&digits) {
                return false;
            }
            &port[digits..]
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])) && (is_domain(host) || is_ipv4(host))
}

fn is_domain(host: &str) -> bool {
    let Some((labels, top_level)) = host.rsplit_once('.') else { return false };
    (2..=TOP_LEVEL_CHARS_MAX).contains(&top_level.chars().count())
        && top_level.chars().all(is_lower)
        && labels.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&c);
    label.starts_with(alphanumeric)
        && label.ends_with(alphanumeric)
        && label.chars().all(|c| alphanumeric(c) || c == '-' || c == '_')
        && label.chars().count() <= LABEL_CHARS_MAX
}

fn is_ipv4(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok())
}
