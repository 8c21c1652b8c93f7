//! What the names of HTML elements mean for a reader.

use scraper::ElementRef;

/// Elements that hold no reading matter.
const UNREAD: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "button", "select",
    "textarea", "input", "head", "canvas", "audio", "video", "dialog", "menu", "map", "datalist",
];
/// Elements that end a paragraph.
pub(super) const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "html",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Whether a reader of the page sees the element and can read in it.
pub(super) fn is_shown(element: ElementRef<'_>) -> bool {
    !UNREAD.contains(&element.value().name()) && !is_hidden(element)
}

/// Whether there is something to read in the element, shown or folded away: documentation hides what another tab shows.
pub(super) fn is_readable(element: ElementRef<'_>) -> bool {
    !UNREAD.contains(&element.value().name()) && element.attr("aria-hidden") != Some("true")
}

fn is_hidden(element: ElementRef<'_>) -> bool {
    let style = element.attr("style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
    element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

/// The level of a heading.
pub(super) fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}
