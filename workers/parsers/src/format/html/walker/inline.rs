//! What is inside of a block: running text, links, and what is marked.

use event_model::SpanStyle;
use scraper::ElementRef;

use super::{
    super::elements::{attribute, classes},
    Walker,
};
use crate::script::{Script, written};

/// Signs that stand for a link to the section they are in.
const SECTION_SIGNS: &[char] = &['¶', '§', '#', '🔗', '\u{f0c1}', '\u{200b}'];

impl Walker<'_> {
    /// White space in HTML is one space; a line break stays.
    pub(super) fn push(&mut self, text: &str) {
        let before = self.text.as_str();
        let mut after_space = before.is_empty() || before.ends_with([' ', '\n']);
        let mut collapsed = String::with_capacity(text.len());
        for character in text.chars() {
            if !character.is_ascii_whitespace() {
                collapsed.push(character);
            } else if !after_space {
                collapsed.push(' ');
            }
            after_space = character.is_ascii_whitespace();
        }
        self.text.push(&collapsed);
    }

    /// An element inside of a line.
    pub(super) fn phrase(&mut self, at: usize, name: &str) {
        let style = match name {
            "a" => return self.link(at),
            "sup" | "sub" => return self.script(at, name == "sup"),
            "math" => return self.formula(at),
            "q" => return self.quoted(at),
            "b" | "strong" => Some(SpanStyle::Strong),
            "i" | "em" | "cite" | "dfn" => Some(SpanStyle::Emphasis),
            "code" | "kbd" | "samp" | "tt" => Some(SpanStyle::Code),
            "s" | "strike" | "del" => Some(SpanStyle::Strikethrough),
            _ => None,
        };
        let (start, ended) = (self.text.place(), self.ended);
        self.children(at);
        if let Some(style) = style.filter(|_| self.ended == ended) {
            self.text.mark(start, style);
        }
    }

    fn link(&mut self, at: usize) {
        let element = self.part(at).element;
        let target = attribute(element, "href").map(str::trim);
        let inner = target.is_some_and(|target| target.starts_with('#'));
        if (inner && is_section_sign(element)) || is_way_back(element) {
            return;
        }
        if attribute(element, "role") == Some("doc-noteref") {
            let mark: String = element.text().collect();
            return self.push(&format!("[{}]", mark.trim().trim_matches(['[', ']'])));
        }
        let (start, ended) = (self.text.place(), self.ended);
        self.links += 1;
        self.children(at);
        self.links -= 1;
        let target = target.filter(|_| !inner).and_then(|target| self.reading.address.resolve(target));
        let Some(target) = target else { return };
        if self.ended == ended {
            self.text.mark(start, SpanStyle::Link { target });
        } else {
            // A link around blocks is none of their parts.
            self.builder.link(&element.text().collect::<String>(), &target);
        }
    }

    /// `x²`, `H₂O`, and `[1]` where a note is referred to.
    fn script(&mut self, at: usize, raised: bool) {
        let before = self.text.take();
        self.children(at);
        let text = self.text.take();
        self.text = before;
        let refers = raised
            && self
                .part(at)
                .element
                .child_elements()
                .next()
                .is_some_and(|inner| attribute(inner, "href").is_some());
        let plain = text.as_str();
        if refers && !plain.is_empty() && plain.chars().all(|sign| sign.is_ascii_digit()) {
            return self.text.push(&format!("[{plain}]"));
        }
        let script = if raised { Script::Raised } else { Script::Lowered };
        let one = written(script, plain, self.text.as_str());
        if one == plain { self.text.append(&text) } else { self.text.push(&one) }
    }

    fn quoted(&mut self, at: usize) {
        self.text.push("“");
        self.children(at);
        self.text.push("”");
    }

    /// A formula as its author wrote it, where the page keeps that; else the signs it consists of.
    fn formula(&mut self, at: usize) {
        let element = self.part(at).element;
        let written = element.descendent_elements().find(|inner| {
            inner.value().name() == "annotation"
                && attribute(*inner, "encoding").is_some_and(|encoding| encoding.contains("tex"))
        });
        match (written, attribute(element, "alttext")) {
            (Some(annotation), _) => self.push(&annotation.text().collect::<String>()),
            (None, Some(text)) => self.push(text),
            (None, None) => self.children(at),
        }
    }
}

/// Whether a link to a place in the page shows nothing but a sign for "this section".
fn is_section_sign(link: ElementRef<'_>) -> bool {
    link.text().all(|text| text.trim().trim_matches(SECTION_SIGNS).is_empty())
}

/// Whether a link leads from a note back to where it is referred to.
fn is_way_back(link: ElementRef<'_>) -> bool {
    attribute(link, "role") == Some("doc-backlink")
        || classes(link).any(|class| matches!(class, "footnote-backref" | "footnote-back"))
        || link.text().any(|text| text.trim_start().starts_with('↩'))
}
