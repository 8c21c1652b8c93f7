//! Addresses that stand bare in a text, as GitHub links them (GFM, section 6.9).

use event_model::SpanStyle;

use crate::RichText;

const STARTS: &[&str] = &["https://", "http://", "www."];
/// A longer address is none.
const BYTES_MAX: usize = 2_048;

/// Marks the addresses in `text` that nothing marks yet.
pub(super) fn mark(text: &mut RichText) {
    let link = |(start, end): (usize, usize)| {
        let shown = text.as_str().get(start..end).unwrap_or_default();
        let target = if shown.starts_with("www.") { format!("http://{shown}") } else { shown.to_owned() };
        (start..end, SpanStyle::Link { target })
    };
    let links: Vec<_> = addresses(text.as_str()).into_iter().map(link).collect();
    text.mark_unmarked(links);
}

fn addresses(text: &str) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> =
        STARTS.iter().flat_map(|start| text.match_indices(start)).map(|(at, _)| at).collect();
    starts.sort_unstable();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for start in starts {
        let before = text[..start].chars().next_back();
        let free = before.is_none_or(|before| before.is_whitespace() || "*_~(\"'".contains(before));
        let behind_last = found.last().is_none_or(|(_, end)| *end <= start);
        let length = if free && behind_last { length(&text[start..]) } else { 0 };
        if length > 0 {
            found.push((start, start + length));
        }
    }
    found
}

/// How long the address at the start of `text` is; 0 if it is none.
fn length(text: &str) -> usize {
    let end = text.bytes().take(BYTES_MAX + 1).position(|byte| byte.is_ascii_whitespace() || byte == b'<');
    let Some(end) = end.or((text.len() <= BYTES_MAX).then_some(text.len())) else { return 0 };
    let mut address = &text[..end];
    loop {
        let cut = address.trim_end_matches(['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '"']);
        let unbalanced = cut.ends_with(')') && cut.matches(')').count() > cut.matches('(').count();
        let cut = if unbalanced { &cut[..cut.len() - 1] } else { cut };
        if cut.len() == address.len() {
            break;
        }
        address = cut;
    }
    let domain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let domain = domain.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let sound = domain.contains('.')
        && domain.split('.').all(|part| {
            !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || sign == '-' || sign == '_')
        });
    if sound { address.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        assert_eq!(
            found("See https://a.example/b?c=(d). And www.b.example, (http://c.example/x_y)!"),
            ["https://a.example/b?c=(d)", "www.b.example", "http://c.example/x_y",]
        );
        assert_eq!(
            found("xhttps://a.example http://nodot www..b https://ü.example/ß…"),
            ["https://ü.example/ß…"]
        );
    }
}
