//! Walks a DOM in reading order and appends blocks. The depth cap bounds its recursion.

use event_model::BlockKind;
use scraper::{ElementRef, Node};

use self::table::rows_of;
use super::content;
use crate::DocumentBuilder;

mod table;

/// Elements that hold no reading matter.
const DROPPED: &[&str] = &[
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "svg", "math", "iframe",
    "object", "button", "select", "textarea", "input", "head", "canvas", "audio", "video", "dialog", "menu",
    "map",
];
/// Elements that end a paragraph.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "header",
    "hgroup",
    "html",
    "li",
    "main",
    "ol",
    "p",
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
    "caption",
    "legend",
];

pub(super) struct Walker<'a> {
    builder: &'a mut DocumentBuilder,
    text: String,
    lists: Vec<Option<u64>>,
    item: Option<(u8, Option<u64>)>,
    quotes: usize,
    /// Whether a `<header>` is the article's own (it holds the title) or the site's.
    in_content: bool,
    /// Bytes of prose under the root.
    weight: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(builder: &'a mut DocumentBuilder) -> Self {
        Self {
            builder,
            text: String::new(),
            lists: Vec::new(),
            item: None,
            quotes: 0,
            in_content: false,
            weight: 0,
        }
    }

    pub(super) fn run(mut self, root: ElementRef<'_>) {
        self.in_content = root.value().name() != "body";
        self.weight = content::weight(root);
        self.children(root);
        self.flush();
    }

    fn children(&mut self, element: ElementRef<'_>) {
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.push(text),
                _ => {
                    if let Some(element) = ElementRef::wrap(child) {
                        self.element(element);
                    }
                }
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>) {
        let name = element.value().name();
        if DROPPED.contains(&name) || is_hidden(element) || (name == "header" && !self.in_content) {
            return;
        }
        if matches!(name, "div" | "section" | "ul" | "ol" | "dl" | "p" | "table")
            && content::is_surrounding(element, self.weight)
        {
            return;
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(element, name.as_bytes()[1] - b'0'),
            "br" => self.text.push('\n'),
            "hr" => self.flush(),
            "pre" => self.code(element),
            "a" => self.link(element),
            "ul" | "ol" => self.list(element, name == "ol"),
            "li" => self.list_item(element),
            "blockquote" => {
                self.flush();
                self.quotes += 1;
                self.children(element);
                self.flush();
                self.quotes -= 1;
            }
            "table" => self.table(element),
            "article" | "main" => {
                let outer = std::mem::replace(&mut self.in_content, true);
                self.block(element);
                self.in_content = outer;
            }
            name if BLOCKS.contains(&name) => self.block(element),
            _ => self.children(element),
        }
    }

    fn block(&mut self, element: ElementRef<'_>) {
        self.flush();
        self.children(element);
        self.flush();
    }

    fn heading(&mut self, element: ElementRef<'_>, level: u8) {
        self.flush();
        self.children(element);
        self.item = None;
        let text = std::mem::take(&mut self.text);
        // Generated documentation marks the link to the section itself with a sign.
        let text = text.trim().trim_end_matches(['¶', '§', '#']).trim_start_matches('§');
        self.builder.block(BlockKind::Heading { level }, text, None);
    }

    fn code(&mut self, element: ElementRef<'_>) {
        self.flush();
        let mut text = String::new();
        verbatim(element, &mut text);
        let language = std::iter::once(element).chain(element.descendent_elements()).find_map(language_of);
        self.builder.block(BlockKind::Code { language }, &text, None);
    }

    fn link(&mut self, element: ElementRef<'_>) {
        let start = self.text.len();
        self.children(element);
        let Some(target) = element.attr("href") else { return };
        let shown = match self.text.get(start..) {
            Some(shown) if !shown.trim().is_empty() => shown.to_owned(),
            _ => element.text().collect(),
        };
        if !shown.trim().is_empty() && !target.starts_with('#') && !target.starts_with("javascript:") {
            self.builder.link(&shown, target);
        }
    }

    fn list(&mut self, element: ElementRef<'_>, numbered: bool) {
        self.flush();
        let first = element.attr("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
        self.lists.push(numbered.then_some(first));
        self.children(element);
        self.flush();
        self.lists.pop();
    }

    fn list_item(&mut self, element: ElementRef<'_>) {
        self.flush();
        let depth = u8::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = number.map(|number: u64| number.saturating_add(1));
            number
        });
        self.item = Some((depth, number));
        self.children(element);
        self.flush();
        self.item = None;
    }

    /// A table of data is a block; one that lays out the page is walked like any other element.
    fn table(&mut self, element: ElementRef<'_>) {
        let Some(rows) = rows_of(element) else { return self.block(element) };
        self.flush();
        for link in element.descendent_elements().filter(|inner| inner.value().name() == "a") {
            if let Some(target) = link.attr("href").filter(|target| !target.starts_with('#')) {
                self.builder.link(&link.text().collect::<String>(), target);
            }
        }
        self.builder.table(rows, None);
    }

    /// White space in HTML is one space; a line break stays.
    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_ascii_whitespace() {
                self.text.push(character);
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        if let Some((depth, number)) = self.item.take() {
            self.builder.list_item(depth, number, None, &text, None);
        } else if self.quotes > 0 {
            self.builder.block(BlockKind::Quote { alert: None }, &text, None);
        } else {
            self.builder.block(BlockKind::Paragraph, &text, None);
        }
    }
}

fn is_hidden(element: ElementRef<'_>) -> bool {
    let style = element.attr("style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
    element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

/// The text of a `<pre>` as it stands.
fn verbatim(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        match child.value() {
            Node::Text(part) => text.push_str(part),
            Node::Element(inner) if inner.name() == "br" => text.push('\n'),
            Node::Element(inner) if DROPPED.contains(&inner.name()) => {}
            _ => {
                if let Some(inner) = ElementRef::wrap(child) {
                    verbatim(inner, text);
                }
            }
        }
    }
}

/// `language-rust`, `lang-rust`, `highlight-source-rust` or `sourceCode rust`, the ways pages name a language.
fn language_of(element: ElementRef<'_>) -> Option<String> {
    let prefixes = ["language-", "lang-", "highlight-source-", "brush:"];
    let named = element.value().classes().find_map(|class| {
        prefixes.iter().find_map(|prefix| class.strip_prefix(prefix)).filter(|language| !language.is_empty())
    });
    let marked =
        || element.value().classes().find(|class| matches!(*class, "rust" | "python" | "bash" | "console"));
    named.or_else(marked).map(str::to_lowercase)
}
