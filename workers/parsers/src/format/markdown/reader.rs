//! Turns the events of `pulldown-cmark` into blocks: a small machine that knows which block it is inside of.

use event_model::BlockKind;
use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, Tag, TagEnd};

use self::line::Line;
use super::autolink;
use crate::{DocumentBuilder, format::html};

mod line;

/// An item whose text is still to come.
#[derive(Debug)]
struct Item {
    depth: u8,
    number: Option<u64>,
    checked: Option<bool>,
}

pub(super) struct Reader<'a> {
    builder: &'a mut DocumentBuilder,
    /// Text of the block being read.
    line: Line,
    /// Next number of each list we are in; `None` for bullets.
    lists: Vec<Option<u64>>,
    item: Option<Item>,
    /// The quotations we are in: of which kind, if they are alerts.
    quotes: Vec<Option<&'static str>>,
    /// The note whose text is being read: its mark. Its paragraphs are one block.
    footnote: Option<String>,
    in_code: bool,
    language: Option<String>,
    html: Option<String>,
    rows: Vec<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(builder: &'a mut DocumentBuilder) -> Self {
        Self {
            builder,
            line: Line::default(),
            lists: Vec::new(),
            item: None,
            quotes: Vec::new(),
            footnote: None,
            in_code: false,
            language: None,
            html: None,
            rows: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Html(raw) => match &mut self.html {
                Some(html) => html.push_str(&raw),
                None => self.line.html(&raw, self.builder),
            },
            Event::InlineHtml(raw) => self.line.html(&raw, self.builder),
            Event::Text(text) if self.in_code => self.line.push(&text),
            Event::Rule => self.flush(),
            Event::TaskListMarker(done) => {
                if let Some(item) = &mut self.item {
                    item.checked = Some(done);
                }
            }
            event => self.line.read(&event),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let Some(tag) = self.line.start(tag) else { return };
        let goes_on =
            matches!(tag, Tag::TableCell) || (matches!(tag, Tag::Paragraph) && self.footnote.is_some());
        if !goes_on {
            self.flush();
        }
        match tag {
            Tag::BlockQuote(kind) => self.quotes.push(kind.map(alert)),
            Tag::CodeBlock(kind) => {
                self.in_code = true;
                self.language = match kind {
                    CodeBlockKind::Fenced(info) => language_of(&info),
                    CodeBlockKind::Indented => None,
                };
            }
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
        self.item = Some(Item { depth, number, checked: None });
    }

    fn end(&mut self, tag: TagEnd) {
        let Some(tag) = self.line.end(tag, self.builder) else { return };
        match tag {
            TagEnd::Heading(level) => {
                let mut text = self.line.take(self.builder);
                autolink::mark(&mut text);
                self.item = None;
                self.builder.block(BlockKind::Heading { level: level as u8 }, text, None);
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::TableCell => {
                let cell = self.line.take(self.builder).as_str().to_owned();
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.builder.table(std::mem::take(&mut self.rows), None),
            TagEnd::Paragraph if self.footnote.is_some() => self.line.push("\n"),
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
                self.quotes.pop();
            }
            TagEnd::FootnoteDefinition => {
                self.flush();
                self.footnote = None;
            }
            _ => {}
        }
    }

    fn end_code(&mut self) {
        self.in_code = false;
        let (text, language) = (self.line.take(self.builder), self.language.take());
        self.item = None;
        let kind = match language.as_deref() {
            Some("math") => BlockKind::Equation,
            _ => BlockKind::Code { language },
        };
        self.builder.block(kind, text.as_str(), None);
    }

    /// A block of HTML is often a lone tag around Markdown, of which there is nothing to read.
    fn end_html(&mut self) {
        let Some(html) = self.html.take() else { return };
        let bare = html
            .split('<')
            .skip(1)
            .all(|tag| tag.split_once('>').is_none_or(|(_, text)| text.trim().is_empty()));
        if !bare || html.contains("alt") || html.contains("<!") {
            html::append_fragment(&html, self.builder);
        }
    }

    /// Ends the block being read, as what it is inside of.
    fn flush(&mut self) {
        let mut text = self.line.take(self.builder);
        if text.is_blank() {
            return;
        }
        autolink::mark(&mut text);
        if let Some(name) = self.footnote.take() {
            self.builder.block(BlockKind::Footnote, text.behind(&format!("[{name}] ")), None);
        } else if let Some(item) = self.item.take() {
            self.builder.list_item(item.depth, item.number, item.checked, text, None);
        } else if let Some(alert) = self.quotes.last() {
            self.builder.block(BlockKind::Quote { alert: alert.map(str::to_owned) }, text, None);
        } else if let Some(formula) = formula(text.as_str()) {
            self.builder.block(BlockKind::Equation, formula, None);
        } else {
            self.builder.block(BlockKind::Paragraph, text, None);
        }
    }

    pub(super) fn finish(mut self) {
        self.flush();
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "note",
        BlockQuoteKind::Tip => "tip",
        BlockQuoteKind::Important => "important",
        BlockQuoteKind::Warning => "warning",
        BlockQuoteKind::Caution => "caution",
    }
}

/// What stands between `$$` and `$$` when there is nothing else.
fn formula(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("$$")?.strip_suffix("$$")?;
    (!inside.contains("$$")).then_some(inside)
}

/// The first word of a fence's info string, without attributes (`rust,ignore`, `{.python}`).
fn language_of(info: &str) -> Option<String> {
    let word = info.split([',', ' ', '{', '}']).find(|word| !word.trim().is_empty())?;
    let word = word.trim().trim_start_matches('.').to_lowercase();
    (!word.is_empty()).then_some(word)
}
