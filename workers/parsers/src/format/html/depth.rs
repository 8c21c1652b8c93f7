//! Caps the nesting of a page before the tree builder sees it: html5ever takes quadratic time in depth. Browsers stop at 512
//! levels; so do we, by leaving out deeper tags and keeping their text. Scripts, styles and comments, often half of a page, are left out
//! on the way. One pass, no tree.

use std::borrow::Cow;

const DEPTH_MAX: usize = 512;

/// Elements without content.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements whose end tag may be left out; the tree builder closes them itself, so they do not pile up.
fn closes_itself(name: &str) -> bool {
    matches!(
        name,
        "p" | "li"
            | "dt"
            | "dd"
            | "option"
            | "optgroup"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
            | "colgroup"
            | "rt"
            | "rp"
            | "html"
            | "head"
            | "body"
    )
}

/// Elements whose content is not markup.
fn is_raw(name: &str) -> bool {
    matches!(name, "script" | "style" | "textarea" | "title" | "xmp" | "iframe" | "noembed" | "noframes")
}

/// Elements an end tag of inline markup does not reach across.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
    )
}

/// Whether the content of an element is for machines alone: styles, and scripts that are neither data nor formulas.
fn is_code(name: &str, tag: &str) -> bool {
    name == "style" || (name == "script" && !["json", "JSON", "math"].iter().any(|kind| tag.contains(kind)))
}

/// The same page with no more than 512 levels, and without code that nobody reads.
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
    open: Vec<Cow<'a, str>>,
    /// Everything before this byte is in `output` or left out.
    kept: usize,
    output: String,
}

impl<'a> Scan<'a> {
    /// Reads the tag at `start` and says where to go on.
    fn tag(&mut self, start: usize) -> usize {
        let rest = &self.html[start..];
        if rest.starts_with("<!--") {
            return self.comment(start, rest.find("-->").map(|end| start + end + 3));
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
        let alone = self.html[..end].ends_with("/>") || is_void(&name);
        if is_raw(&name) {
            let (content_end, raw_end) = self.raw_end(&name, end);
            if is_code(&name, &self.html[start..end]) {
                self.cut(end, content_end, "");
            }
            return raw_end;
        }
        if !alone && !closes_itself(&name) {
            if self.open.len() >= DEPTH_MAX {
                self.leave_out(start, end);
            }
            self.open.push(name);
        }
        end
    }

    fn name(&self, at: usize) -> Cow<'a, str> {
        let rest = &self.html[at..];
        let end = rest.bytes().take(32).position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-');
        let name = rest.get(..end.unwrap_or(rest.len().min(32))).unwrap_or_default();
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        }
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

    /// A comment that ends as comments should has nothing to do with the text around it.
    fn comment(&mut self, start: usize, end: Option<usize>) -> usize {
        let Some(end) = end else { return self.html.len() };
        if !self.html[start..end].contains("--!>") {
            self.cut(start, end, "");
        }
        end
    }

    /// Where the content of an element that is no markup ends, and where the element does.
    fn raw_end(&self, name: &str, from: usize) -> (usize, usize) {
        let mut at = from;
        while let Some(found) = self.html[at..].find("</") {
            let content_end = at + found;
            at = content_end + 2;
            if self.name(at) == name {
                return (content_end, self.tag_end(at));
            }
        }
        // An element that never ends: the tree builder takes the rest as its text, in one step.
        (self.html.len(), self.html.len())
    }

    /// Closes what the tree builder would close: a block closes what is open inside it, inline markup does not reach beyond
    /// the block it is in, and an end tag without its start is ignored. No search goes further than the cap, so such tags
    /// cost no more than others.
    fn close(&mut self, name: &str, start: usize, end: usize) {
        let inline = is_inline(name);
        let barrier = |open: &str| {
            if inline {
                !is_inline(open)
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
        // Words on both sides of a block must not grow together.
        self.cut(start, end, " ");
    }

    fn cut(&mut self, start: usize, end: usize, instead: &str) {
        if start < end {
            self.output.push_str(&self.html[self.kept..start]);
            self.output.push_str(instead);
            self.kept = end;
        }
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
            "<!DOCTYPE html><p>One<p>Two<br><img alt='a > b'><script type='application/ld+json'>\"<div\"</script><ul><li>x</ul>"
                .repeat(2000);
        assert!(matches!(flatten(&page), Cow::Borrowed(_)));
    }

    #[test]
    fn code_and_comments_are_left_out_without_a_trace() {
        let page = "<p>a<!-- <div> -->b<script>if (a<div) {}</script>c<style>p{}</style><!--x--!>d<!-- --></p><script>e";
        assert_eq!(flatten(page), "<p>ab<script></script>c<style></style><!--x--!>d<!-- --></p><script>");
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
