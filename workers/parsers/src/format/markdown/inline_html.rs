//! A tag inside running text: what it does to the text around it.

use event_model::SpanStyle;

/// What a tag means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Break,
    Picture {
        words: String,
        source: String,
    },
    Open {
        name: String,
        style: Option<SpanStyle>,
    },
    Close {
        name: String,
    },
    /// No element of HTML: the text of somebody who forgot the code marks, as in `Vec<T>`.
    Text(&'a str),
    /// A comment and the like.
    Nothing,
}

/// The elements of HTML that stand in lines, and those blocks that people put there.
const KNOWN: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "button", "center", "cite", "code", "data", "del", "details",
    "dfn", "div", "em", "font", "i", "iframe", "input", "ins", "kbd", "label", "li", "mark", "nobr", "ol",
    "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "source", "span", "strike",
    "strong", "sub", "summary", "sup", "svg", "table", "tbody", "td", "th", "thead", "time", "tr", "tt", "u",
    "ul", "var", "video", "wbr",
];

impl<'a> Tag<'a> {
    /// Reads one tag.
    pub(super) fn read(raw: &'a str) -> Self {
        let Some(inside) = raw.strip_prefix('<').and_then(|raw| raw.strip_suffix('>')) else {
            return Self::Nothing;
        };
        let (closes, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
        let end =
            inside.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-')).unwrap_or(inside.len());
        let (name, attributes) = (inside[..end].to_ascii_lowercase(), &inside[end..]);
        match name.as_str() {
            "" => Self::Nothing,
            "br" => Self::Break,
            "img" => {
                Self::Picture { words: attribute(attributes, "alt"), source: attribute(attributes, "src") }
            }
            name if !KNOWN.contains(&name) && !name.contains('-') && attributes.trim().is_empty() => {
                Self::Text(raw)
            }
            _ if closes => Self::Close { name },
            _ => Self::Open { style: style(&name, attributes), name },
        }
    }
}

fn style(name: &str, attributes: &str) -> Option<SpanStyle> {
    match name {
        "b" | "strong" => Some(SpanStyle::Strong),
        "i" | "em" | "cite" | "dfn" | "var" => Some(SpanStyle::Emphasis),
        "code" | "kbd" | "samp" | "tt" => Some(SpanStyle::Code),
        "s" | "del" | "strike" => Some(SpanStyle::Strikethrough),
        "a" => Some(attribute(attributes, "href"))
            .filter(|target| !target.is_empty())
            .map(|target| SpanStyle::Link { target }),
        _ => None,
    }
}

/// The value of an attribute; empty when there is none.
fn attribute(attributes: &str, name: &str) -> String {
    let mut rest = attributes;
    while let Some((before, after)) = rest.split_once('=') {
        let found = before.trim().rsplit(char::is_whitespace).next().unwrap_or_default();
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let (value, next) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after.trim_end_matches('/'), "")),
        };
        if found.eq_ignore_ascii_case(name) {
            return value.replace("&amp;", "&").replace("&quot;", "\"");
        }
        rest = next;
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_text_that_looks_like_one() {
        let open = |name: &str, style| Tag::Open { name: name.into(), style };
        assert_eq!(Tag::read("<br/>"), Tag::Break);
        assert_eq!(Tag::read("<KBD>"), open("kbd", Some(SpanStyle::Code)));
        assert_eq!(Tag::read("</kbd>"), Tag::Close { name: "kbd".into() });
        assert_eq!(Tag::read("<T>"), Tag::Text("<T>"));
        assert_eq!(Tag::read("<my-element>"), open("my-element", None));
        assert_eq!(Tag::read("<!-- x -->"), Tag::Nothing);
        let link = SpanStyle::Link { target: "/a?b&c".into() };
        assert_eq!(Tag::read("<a title='x = y' href = \"/a?b&amp;c\">"), open("a", Some(link)));
        assert_eq!(
            Tag::read("<img src=h.png alt='A heron'/>"),
            Tag::Picture { words: "A heron".into(), source: "h.png".into() }
        );
    }
}
