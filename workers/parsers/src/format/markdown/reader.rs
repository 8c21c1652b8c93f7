//! Turns the events of `pulldown-cmark` into blocks: a small machine that knows which block it is inside of.

use event_model::BlockKind;
use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use crate::{DocumentBuilder, format::html};

pub(super) struct Reader<'a> {
    builder: &'a mut DocumentBuilder,
    /// Text of the block being read.
    text: String,
    /// Next number of each list we are in; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The item whose first text is still to come.
    item: Option<(u8, Option<u64>)>,
    quotes: usize,
    footnote: Option<String>,
    language: Option<String>,
    html: Option<String>,
    /// Where the text of each open link starts, and where it leads.
    links: Vec<(usize, String)>,
    image_depth: usize,
    rows: Vec<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(builder: &'a mut DocumentBuilder) -> Self {
        Self {
            builder,
            text: String::new(),
            lists: Vec::new(),
            item: None,
            quotes: 0,
            footnote: None,
            language: None,
            html: None,
            links: Vec::new(),
            image_depth: 0,
            rows: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            // The alternative text of a badge inside a link is noise, not prose.
            Event::Text(_) | Event::Code(_) if self.image_depth > 0 && !self.links.is_empty() => {}
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text.push_str(&text);
            }
            Event::Html(raw) => match &mut self.html {
                Some(html) => html.push_str(&raw),
                None => self.text.push_str(html::break_of(&raw)),
            },
            Event::InlineHtml(raw) => self.text.push_str(html::break_of(&raw)),
            Event::FootnoteReference(name) => self.text.extend(["[", &name, "]"]),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Rule => self.flush(),
            Event::TaskListMarker(done) => self.text.push_str(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } => return self.links.push((self.text.len(), dest_url.into_string())),
            Tag::Image { .. } => return self.image_depth += 1,
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => return,
            Tag::TableCell => return self.text.clear(),
            _ => self.flush(),
        }
        match tag {
            Tag::BlockQuote(_) => self.quotes += 1,
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => self.language = language_of(&info),
            Tag::CodeBlock(CodeBlockKind::Indented) => self.language = None,
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::List(first) => self.lists.push(first),
            Tag::Item => self.start_item(),
            Tag::FootnoteDefinition(name) => self.footnote = Some(name.into_string()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn start_item(&mut self) {
        let depth = u8::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = number.map(|number| number.saturating_add(1));
            number
        });
        self.item = Some((depth, number));
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => self.end_link(),
            TagEnd::Image => self.image_depth = self.image_depth.saturating_sub(1),
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.text);
                self.item = None;
                self.builder.block(BlockKind::Heading { level: level as u8 }, &text, None);
            }
            TagEnd::CodeBlock => {
                let (text, language) = (std::mem::take(&mut self.text), self.language.take());
                self.builder.block(BlockKind::Code { language }, &text, None);
            }
            TagEnd::HtmlBlock => {
                if let Some(html) = self.html.take() {
                    html::append_fragment(&html, self.builder);
                }
            }
            TagEnd::MetadataBlock(_) => self.end_metadata(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.builder.table(std::mem::take(&mut self.rows), None),
            TagEnd::Paragraph => self.flush(),
            TagEnd::Item => {
                self.flush();
                self.item = None;
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::FootnoteDefinition => {
                self.flush();
                self.footnote = None;
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((start, target)) = self.links.pop() else { return };
        let text = self.text.get(start..).unwrap_or_default().to_owned();
        self.builder.link(&text, &target);
    }

    /// The names and plain values of front matter (`title: Guide`, `draft = true`); nested values are left out.
    fn end_metadata(&mut self) {
        let text = std::mem::take(&mut self.text);
        for line in text.lines().filter(|line| !line.starts_with([' ', '\t', '-', '#'])) {
            let Some((name, value)) = line.split_once([':', '=']) else { continue };
            let value = value.trim().trim_matches(['"', '\'']);
            if name.trim() == "title" {
                self.builder.title(value);
            }
            self.builder.metadata(name.trim().trim_matches('"'), value);
        }
    }

    /// Ends the block being read, as what it is inside of.
    fn flush(&mut self) {
        if self.text.trim().is_empty() {
            self.text.clear();
            return;
        }
        let text = std::mem::take(&mut self.text);
        if let Some(name) = &self.footnote {
            self.builder.block(BlockKind::Footnote, &format!("[{name}] {text}"), None);
        } else if let Some((depth, number)) = self.item.take() {
            self.builder.list_item(depth, number, None, &text, None);
        } else if self.quotes > 0 {
            self.builder.block(BlockKind::Quote { alert: None }, &text, None);
        } else {
            self.builder.block(BlockKind::Paragraph, &text, None);
        }
    }

    pub(super) fn finish(mut self) {
        self.flush();
    }
}

/// The first word of a fence's info string, without attributes (`rust,ignore`, `{.python}`).
fn language_of(info: &str) -> Option<String> {
    let word = info.split([',', ' ', '{', '}']).find(|word| !word.trim().is_empty())?;
    let word = word.trim().trim_start_matches('.').to_lowercase();
    (!word.is_empty()).then_some(word)
}
