//! Caps the nesting of a page before the tree builder sees it: html5ever takes quadratic time in depth. Browsers stop at 512
//! levels; so do we, by leaving out deeper tags and keeping their text. One pass, no tree.

use std::borrow::Cow;

const DEPTH_MAX: usize = 512;

/// Elements without content.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements whose end tag may be left out; the tree builder closes them itself, so they do not pile up.
const SELF_CLOSING: &[&str] = &[
    "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup",
    "rt", "rp", "html", "head", "body",
];
/// Elements whose content is not markup.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// Elements an end tag of inline markup does not reach across.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var",
];

/// The same page with no more than 512 levels.
pub(super) fn flatten(html: &str) -> Cow<'_, str> {
    let mut scan = Scan { html, open: Vec::new(), kept: 0, output: String::new() };
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        at = scan.tag(at + found);
    }
    scan.finish()
}

struct Scan<'a> {
    html: &'a str,
    open: Vec<String>,
    /// Everything before this byte is in `output` or left out.
    kept: usize,
    output: String,
}

impl<'a> Scan<'a> {
    /// Reads the tag at `start` and says where to go on.
    fn tag(&mut self, start: usize) -> usize {
        let rest = &self.html[start..];
        if rest.starts_with("<!--") {
            return rest.find("-->").map_or(self.html.len(), |end| start + end + 3);
        }
        let closes = rest.starts_with("</");
        let name_at = start + if closes { 2 } else { 1 };
        let name = self.name(name_at);
        if name.is_empty() {
            return start + 1;
        }
        let end = self.tag_end(name_at);
        if closes {
            self.close(&name, start, end);
            return end;
        }
        let alone = self.html[..end].ends_with("/>") || VOID.contains(&name.as_str());
        if RAW.contains(&name.as_str()) {
            return self.raw_end(&name, end);
        }
        if !alone && !SELF_CLOSING.contains(&name.as_str()) {
            if self.open.len() >= DEPTH_MAX {
                self.leave_out(start, end);
            }
            self.open.push(name);
        }
        end
    }

    fn name(&self, at: usize) -> String {
        let rest = &self.html.as_bytes()[at..];
        let end = rest.iter().take(32).position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
        String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len().min(32))]).to_ascii_lowercase()
    }

    /// One past the `>` that ends a tag, outside of quoted values.
    fn tag_end(&self, from: usize) -> usize {
        let mut quote = None;
        for (offset, byte) in self.html.as_bytes()[from..].iter().enumerate() {
            match (quote, byte) {
                (None, b'>') => return from + offset + 1,
                (None, b'"' | b'\'') if self.html.as_bytes()[from + offset - 1] == b'=' => {
                    quote = Some(*byte);
                }
                (Some(open), byte) if open == *byte => quote = None,
                _ => {}
            }
        }
        self.html.len()
    }

    fn raw_end(&self, name: &str, from: usize) -> usize {
        let mut at = from;
        while let Some(found) = self.html[at..].find("</") {
            at += found + 2;
            if self.name(at) == name {
                return self.tag_end(at);
            }
        }
        // An element that never ends: the tree builder takes the rest as its text, in one step.
        self.html.len()
    }

    /// Closes what the tree builder would close: a block closes what is open inside it, inline markup does not reach beyond
    /// the block it is in, and an end tag without its start is ignored. No search goes further than the cap, so such tags
    /// cost no more than others.
    fn close(&mut self, name: &str, start: usize, end: usize) {
        let inline = INLINE.contains(&name);
        let barrier = |open: &str| {
            if inline {
                !INLINE.contains(&open)
            } else {
                matches!(open, "table" | "template" | "object") && open != name
            }
        };
        let reach = self.open.iter().rev().take(DEPTH_MAX).take_while(|open| *open == name || !barrier(open));
        let Some(above) = reach.enumerate().find(|(_, open)| *open == name).map(|(above, _)| above) else {
            if self.open.len() > DEPTH_MAX {
                self.leave_out(start, end);
            }
            return;
        };
        if self.open.len() - above > DEPTH_MAX {
            self.leave_out(start, end);
        }
        self.open.truncate(self.open.len() - above - 1);
    }

    fn leave_out(&mut self, start: usize, end: usize) {
        self.output.push_str(&self.html[self.kept..start]);
        // Words on both sides of a block must not grow together.
        self.output.push(' ');
        self.kept = end;
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.kept == 0 {
            return Cow::Borrowed(self.html);
        }
        self.output.push_str(&self.html[self.kept..]);
        Cow::Owned(self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_page_is_left_as_it_is() {
        let page =
            "<!DOCTYPE html><p>One<p>Two<br><img alt='a > b'><script>if (a<div) {}</script><ul><li>x</ul>"
                .repeat(2000);
        assert!(matches!(flatten(&page), Cow::Borrowed(_)));
    }

    #[test]
    fn deep_tags_are_left_out_and_their_text_stays() {
        let page = format!("{}deep{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let flat = flatten(&page);
        assert_eq!(flat.matches("<div>").count(), DEPTH_MAX);
        assert_eq!(flat.matches("</div>").count(), DEPTH_MAX);
        assert!(flat.contains("deep"));
    }

    #[test]
    fn end_tags_that_close_nothing_do_not_hide_depth() {
        let page = "<div></span></x>".repeat(100_000);
        assert_eq!(flatten(&page).matches("<div>").count(), DEPTH_MAX);
        let page = "<b><div></b>".repeat(100_000);
        assert!(flatten(&page).matches("<div>").count() <= DEPTH_MAX);
    }
}
