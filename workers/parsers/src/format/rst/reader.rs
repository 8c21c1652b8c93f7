//! Blocks by their first line and their indentation.

use event_model::{BlockKind, SpanStyle};

use super::{
    inline::Names,
    lines::{Number, adornment, dedented, field, indent, indented, mark},
    table,
};
use crate::{DocumentBuilder, RichText};

/// Blocks inside of blocks; what is deeper is read as one paragraph.
const DEPTH_MAX: usize = 64;

/// A quotation, or an admonition whose first text is still to come.
struct Quote {
    alert: Option<&'static str>,
}

pub(super) struct Reader<'a> {
    pub(super) builder: &'a mut DocumentBuilder,
    pub(super) names: Names,
    /// Adornments of titles in the order they came up: that of level 1 first.
    levels: Vec<(char, bool)>,
    lists: usize,
    /// The item whose first text is still to come.
    item: Option<(u8, Option<u64>)>,
    quote: Option<Quote>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lines: &[String], builder: &'a mut DocumentBuilder) -> Self {
        let names = Names::of(lines);
        Self { builder, names, levels: Vec::new(), lists: 0, item: None, quote: None, depth: 0 }
    }

    /// Reads a document: fields at its top, before or right behind its title, say something about it.
    pub(super) fn read(&mut self, lines: &[String]) {
        self.body(lines);
    }

    pub(super) fn body(&mut self, lines: &[String]) {
        if self.depth >= DEPTH_MAX {
            return self.emit(&lines.join("\n"));
        }
        self.depth += 1;
        let (mut at, mut last) = (0, Number::Bullet);
        let mut counted = 0;
        while at < lines.len() {
            let line = lines[at].as_str();
            at += if line.is_empty() {
                1
            } else if indent(line) > 0 {
                let taken = indented(lines, at, 1);
                self.quoted(None, &dedented(&lines[at..at + taken]));
                taken
            } else if let Some(found) = mark(line).filter(|_| self.title(lines, at).is_none()) {
                let number = match found.number {
                    Number::Bullet => None,
                    Number::Next => Some(if last == Number::Bullet { 1 } else { counted + 1 }),
                    Number::Is(number) => Some(number),
                };
                (last, counted) = (found.number, number.unwrap_or(0));
                self.list_item(lines, at, found.width, number)
            } else {
                (last, counted) = (Number::Bullet, 0);
                self.block(lines, at)
            };
        }
        self.depth -= 1;
    }

    /// Reads the block at `at`, which is no item and not indented; how many lines it has.
    fn block(&mut self, lines: &[String], at: usize) -> usize {
        let line = lines[at].as_str();
        if let Some(rest) = line.strip_prefix("..").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            let taken = indented(lines, at + 1, 1);
            self.explicit(rest.trim(), &lines[at + 1..at + 1 + taken]);
            return taken + 1;
        }
        if let Some(taken) = self.title(lines, at) {
            return self.section(lines, at, taken);
        }
        if line.starts_with("+-") && line.ends_with('+') {
            let taken = lines[at..].iter().take_while(|line| line.starts_with(['+', '|'])).count();
            self.builder.table(table::grid(&lines[at..at + taken]), None);
            return taken;
        }
        if line.starts_with('=') && table::is_border(line) && line.contains(' ') {
            return self.simple_table(lines, at);
        }
        if let Some((name, value)) = field(line) {
            return self.field(name, value, lines, at);
        }
        let to_empty = |from: usize| lines[from..].iter().take_while(|line| !line.is_empty()).count();
        if line.starts_with("| ") || line == "|" {
            let taken = to_empty(at);
            let verse =
                lines[at..at + taken].iter().map(|line| line.strip_prefix('|').unwrap_or(line).trim());
            self.emit_lines(&verse.collect::<Vec<_>>());
            return taken;
        }
        if line.starts_with(">>>") {
            let taken = to_empty(at);
            let language = Some("python".to_owned());
            self.builder.block(BlockKind::Code { language }, &lines[at..at + taken].join("\n"), None);
            return taken;
        }
        if adornment(line).is_some_and(|_| line.len() >= 4) {
            return 1; // A line between paragraphs.
        }
        if lines.get(at + 1).is_some_and(|next| !next.is_empty() && indent(next) > 0) && !line.ends_with("::")
        {
            return self.definition(lines, at);
        }
        self.paragraph(lines, at)
    }

    /// How many lines the title at `at` has, if there is one: its text, the line under it, and perhaps one over it.
    fn title(&self, lines: &[String], at: usize) -> Option<usize> {
        let (first, second) = (lines.get(at)?, lines.get(at + 1)?);
        if let (Some(over), Some(third)) = (adornment(first), lines.get(at + 2)) {
            let framed = adornment(third) == Some(over) && !second.is_empty() && adornment(second).is_none();
            if framed {
                return Some(3);
            }
        }
        let under = adornment(second).is_some()
            && adornment(first).is_none()
            && !first.is_empty()
            && indent(first) == 0;
        let long = second.chars().count() + 2 >= first.chars().count().min(6);
        (under && long && self.lists == 0 && self.quote.is_none()).then_some(2)
    }

    fn section(&mut self, lines: &[String], at: usize, taken: usize) -> usize {
        let (text, sign) = (&lines[at + taken - 2], adornment(&lines[at + taken - 1]).unwrap_or('='));
        let style = (sign, taken == 3);
        let level = self.levels.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.levels.push(style);
            self.levels.len() - 1
        });
        let level = u8::try_from(level + 1).unwrap_or(6).min(6);
        let text = self.names.text(text.trim());
        self.builder.block(BlockKind::Heading { level }, text, None);
        taken
    }

    fn list_item(&mut self, lines: &[String], at: usize, width: usize, number: Option<u64>) -> usize {
        let taken = 1 + indented(lines, at + 1, width.min(2));
        let mut inner = vec![lines[at].get(width..).unwrap_or_default().to_owned()];
        inner.extend(dedented_by(&lines[at + 1..at + taken], width));
        let depth = u8::try_from(self.lists).unwrap_or(u8::MAX);
        self.lists += 1;
        self.item = Some((depth, number));
        self.body(&inner);
        self.item = None;
        self.lists -= 1;
        taken
    }

    /// A field at the top of the document is metadata, elsewhere a paragraph.
    fn field(&mut self, name: &str, value: &str, lines: &[String], at: usize) -> usize {
        let taken = 1 + indented(lines, at + 1, 1);
        let mut whole = vec![value.to_owned()];
        whole.extend(dedented(&lines[at + 1..at + taken]));
        let value = whole.join(" ");
        if self.depth == 1 && self.builder.is_blank_but_headings() {
            let name = name.to_lowercase();
            let known = match name.as_str() {
                "authors" => "author",
                "date" => "created",
                name => name,
            };
            self.builder.metadata(known, self.names.text(&value).as_str());
        } else {
            self.emit(&format!("{name}: {value}"));
        }
        taken
    }

    fn simple_table(&mut self, lines: &[String], at: usize) -> usize {
        // It ends with a border that an empty line or the end follows.
        let border = |line: &String| line.starts_with('=') && table::is_border(line);
        let mut end = at + 1;
        while end < lines.len() {
            let closes = border(&lines[end]) && lines.get(end + 1).is_none_or(String::is_empty);
            end += 1;
            if closes {
                break;
            }
        }
        self.builder.table(table::simple(&lines[at..end]), None);
        end - at
    }

    /// A term, and what it means in the indented lines below.
    fn definition(&mut self, lines: &[String], at: usize) -> usize {
        let taken = 1 + indented(lines, at + 1, 1);
        let mut term = self.names.text(&lines[at]);
        term.mark(0, SpanStyle::Strong);
        self.put(term);
        self.body(&dedented(&lines[at + 1..at + taken]));
        taken
    }

    /// A paragraph, and the literal block that it announces.
    fn paragraph(&mut self, lines: &[String], at: usize) -> usize {
        let mut taken = lines[at..].iter().take_while(|line| !line.is_empty()).count();
        let text = lines[at..at + taken].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let Some(announcing) = text.strip_suffix("::") else {
            self.emit(&text);
            return taken;
        };
        let colon = if announcing.is_empty() || announcing.ends_with(' ') { "" } else { ":" };
        self.emit(&format!("{}{colon}", announcing.trim_end()));
        let empty = lines[at + taken..].iter().take_while(|line| line.is_empty()).count();
        let literal = at + taken + empty;
        let count = indented(lines, literal.min(lines.len()), 1);
        if count > 0 {
            let code = dedented(&lines[literal..literal + count]).join("\n");
            self.builder.block(BlockKind::Code { language: None }, &code, None);
            taken += empty + count;
        }
        taken
    }

    /// Reads what is quoted, or stands in an admonition.
    pub(super) fn quoted(&mut self, alert: Option<&'static str>, lines: &[String]) {
        let outer = self.quote.replace(Quote { alert });
        self.item = None;
        self.body(lines);
        self.quote = outer;
    }

    /// Appends a text as what it is inside of.
    pub(super) fn emit(&mut self, text: &str) {
        let text = self.names.text(text);
        self.put(text);
    }

    fn emit_lines(&mut self, lines: &[&str]) {
        let mut whole = RichText::default();
        for line in lines {
            if !whole.as_str().is_empty() {
                whole.push("\n");
            }
            whole.append(&self.names.text(line));
        }
        self.put(whole);
    }

    fn put(&mut self, text: RichText) {
        if text.is_blank() {
            return;
        }
        match (self.item.take(), &mut self.quote) {
            (Some((depth, number)), _) => self.builder.list_item(depth, number, None, text, None),
            (None, Some(quote)) => {
                let alert = quote.alert.take().map(str::to_owned);
                self.builder.block(BlockKind::Quote { alert }, text, None);
            }
            (None, None) => self.builder.block(BlockKind::Paragraph, text, None),
        }
    }
}

/// The lines with up to `width` spaces taken away.
fn dedented_by(lines: &[String], width: usize) -> Vec<String> {
    lines.iter().map(|line| line[indent(line).min(width)..].to_owned()).collect()
}
