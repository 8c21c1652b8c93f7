//! Makes a page of XML one that a parser of HTML understands: `<script/>` and `<a/>` are whole elements in one and the beginning of
//! one in the other, which would swallow the rest of the page.

const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// What stands between `<body>` and `</body>`, with an end for each element.
pub(super) fn body(page: &str) -> String {
    let start = page.find("<body").and_then(|at| Some(at + page[at..].find('>')? + 1)).unwrap_or(0);
    let end = page.rfind("</body").filter(|end| *end >= start).unwrap_or(page.len());
    let (mut rest, mut body) = (&page[start..end], String::with_capacity(end - start));
    while let Some(open) = rest.find('<') {
        body.push_str(&rest[..open]);
        rest = &rest[open..];
        let Some(close) = end_of_tag(rest) else { break };
        let tag = &rest[..close];
        rest = &rest[close..];
        match empty_element(tag) {
            Some(name) => body.extend([tag.trim_end_matches("/>"), "></", name, ">"]),
            None => body.push_str(tag),
        }
    }
    body.push_str(rest);
    body
}

/// One past the `>` of the tag, which may be in a quoted value before.
fn end_of_tag(tag: &str) -> Option<usize> {
    if tag.starts_with("<!--") {
        return tag.find("-->").map(|at| at + 3);
    }
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return Some(at + 1),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The name of an element that is written as empty, and is none that HTML takes for empty anyway.
fn empty_element(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?.strip_suffix("/>")?;
    let name = inner.split(|c: char| c.is_whitespace()).next()?;
    let sound =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:_.".contains(&byte));
    (sound && !VOID.contains(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_elements_end_where_they_begin() {
        let page = "<html><body class=\"a\"><a id='x>y'/>One<br/><script src=\"s\" /> two</body></html>";
        assert_eq!(body(page), "<a id='x>y'></a>One<br/><script src=\"s\" ></script> two");
        assert_eq!(body("no <b>page"), "no <b>page");
        assert_eq!(body("<body>cut <i"), "cut <i");
    }
}
