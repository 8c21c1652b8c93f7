//! The text inside of a block: what is marked in it, by Markdown or by tags of HTML, and the pictures in it.

use event_model::SpanStyle;
use pulldown_cmark::{Event, Tag, TagEnd};

use super::super::inline_html;
use crate::{
    DocumentBuilder, RichText,
    script::{Script, written},
};

/// More open tags than this are no text that somebody wrote.
const TAGS_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Line {
    text: RichText,
    /// Where the text of each open mark starts, and how it is marked.
    marks: Vec<(usize, SpanStyle)>,
    /// The tags of HTML that are open.
    tags: Vec<Open>,
    /// Text before each open picture, whose words are being read, and where the picture is.
    pictures: Vec<(RichText, String)>,
    /// Links we are inside of.
    links: usize,
    /// Whether it is a cell, whose text keeps no marks.
    cell: bool,
}

#[derive(Debug)]
struct Open {
    name: String,
    start: usize,
    style: Option<SpanStyle>,
    /// The text before raised or lowered text.
    before: Option<RichText>,
}

impl Line {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push(text);
    }

    /// Running text: a line end in it was written as an entity, and a space may follow one where a picture is left out.
    fn words(&mut self, text: &str) {
        let text = text.replace('\n', " ");
        let doubled = self.text.as_str().ends_with([' ', '\n']);
        self.push(if doubled { text.trim_start_matches(' ') } else { &text });
    }

    /// Reads text and what is like it.
    pub(super) fn read(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) => self.words(text),
            Event::Code(text) => {
                let start = self.text.place();
                self.push(text);
                self.text.mark(start, SpanStyle::Code);
            }
            Event::InlineMath(text) => self.push(&format!("${text}$")),
            Event::DisplayMath(text) => self.push(&format!("$${text}$$")),
            Event::FootnoteReference(name) => self.push(&format!("[{name}]")),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            _ => {}
        }
    }

    /// Reads the start of a mark or a picture; gives back what is a block.
    pub(super) fn start<'a>(&mut self, tag: Tag<'a>) -> Option<Tag<'a>> {
        let style = match tag {
            Tag::Emphasis => SpanStyle::Emphasis,
            Tag::Strong => SpanStyle::Strong,
            Tag::Strikethrough => SpanStyle::Strikethrough,
            Tag::Link { dest_url, .. } => {
                self.links += 1;
                SpanStyle::Link { target: dest_url.into_string() }
            }
            Tag::Image { dest_url, .. } => {
                self.pictures.push((self.text.take(), dest_url.into_string()));
                return None;
            }
            Tag::TableCell => {
                self.cell = true;
                return Some(tag);
            }
            tag => return Some(tag),
        };
        self.marks.push((self.text.place(), style));
        None
    }

    /// Reads the end of a mark or a picture; gives back what is a block.
    pub(super) fn end(&mut self, tag: TagEnd, builder: &mut DocumentBuilder) -> Option<TagEnd> {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.end_mark(builder),
            TagEnd::Link => {
                self.links = self.links.saturating_sub(1);
                self.end_mark(builder);
            }
            TagEnd::Image => {
                if let Some((before, source)) = self.pictures.pop() {
                    let words = std::mem::replace(&mut self.text, before);
                    self.picture(words.as_str(), &source, builder);
                }
            }
            tag => return Some(tag),
        }
        None
    }

    fn end_mark(&mut self, builder: &mut DocumentBuilder) {
        if let Some((start, style)) = self.marks.pop() {
            self.mark(start, style, builder);
        }
    }

    fn mark(&mut self, start: usize, style: SpanStyle, builder: &mut DocumentBuilder) {
        match style {
            SpanStyle::Link { target } if self.cell => {
                builder.link(self.text.as_str().get(start..).unwrap_or_default(), &target);
            }
            style => self.text.mark(start, style),
        }
    }

    /// The words for a picture stand for it; a picture that is a link is a sign or a badge.
    fn picture(&mut self, words: &str, source: &str, builder: &mut DocumentBuilder) {
        let words = words.trim();
        let badge = self.links > 0 || self.tags.iter().any(|tag| tag.name == "a");
        if !self.pictures.is_empty() {
            self.push(words);
        } else if !words.is_empty() && !badge {
            self.push(&format!("[{words}]"));
            builder.link(words, source);
        }
    }

    /// Reads a tag of HTML.
    pub(super) fn html(&mut self, raw: &str, builder: &mut DocumentBuilder) {
        match inline_html::Tag::read(raw) {
            inline_html::Tag::Break => self.push("\n"),
            inline_html::Tag::Text(text) => self.push(text),
            inline_html::Tag::Picture { words, source } => self.picture(&words, &source, builder),
            inline_html::Tag::Open { name, style } if self.tags.len() < TAGS_MAX => {
                let before = matches!(name.as_str(), "sup" | "sub").then(|| self.text.take());
                self.tags.push(Open { name, start: self.text.place(), style, before });
            }
            inline_html::Tag::Close { name } => {
                if let Some(at) = self.tags.iter().rposition(|open| open.name == name) {
                    self.close_to(at, builder);
                }
            }
            _ => {}
        }
    }

    /// Closes the tags from the innermost one to that at `at`.
    fn close_to(&mut self, at: usize, builder: &mut DocumentBuilder) {
        while self.tags.len() > at {
            let Some(open) = self.tags.pop() else { return };
            if let Some(before) = open.before {
                let text = std::mem::replace(&mut self.text, before);
                let script = if open.name == "sup" { Script::Raised } else { Script::Lowered };
                let one = written(script, text.as_str(), self.text.as_str());
                if one == text.as_str() { self.text.append(&text) } else { self.text.push(&one) }
            } else if let Some(style) = open.style {
                self.mark(open.start, style, builder);
            }
        }
    }

    /// The text of the block, which ends; nothing stays open.
    pub(super) fn take(&mut self, builder: &mut DocumentBuilder) -> RichText {
        self.close_to(0, builder);
        self.marks.clear();
        self.cell = false;
        self.text.take()
    }
}
