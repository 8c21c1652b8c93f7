//! Renders the document model as clean Markdown (`CommonMark` with GitHub's tables, task lists, footnotes, alerts and
//! strikethrough), block by block, so that a reader can be shown which block a place belongs to.

use std::collections::BTreeSet;

use crate::{Block, BlockKind, ParsedDocument};

use self::inline::Inline;

mod inline;

impl ParsedDocument {
    /// The document as Markdown. Reading it again gives the same blocks, save for what Markdown cannot say: comments become
    /// quotations, and what is repeated on every page becomes an HTML comment.
    pub fn to_markdown(&self) -> String {
        let mut markdown = String::with_capacity(self.text.len() + self.text.len() / 8);
        let mut before: Option<&Block> = None;
        for (block, text) in self.blocks.iter().zip(self.markdown_blocks()) {
            if let Some(before) = before {
                markdown.push_str(separator(&before.kind, &block.kind));
            }
            markdown.push_str(&text);
            before = Some(block);
        }
        if !markdown.is_empty() {
            markdown.push('\n');
        }
        markdown
    }

    /// One piece of Markdown for each block, in order, without the lines between them.
    pub fn markdown_blocks(&self) -> Vec<String> {
        let characters: Vec<char> = self.text.chars().collect();
        let notes = self.footnote_marks(&characters);
        let mut lists = Lists::default();
        let render = |block: &Block| {
            let inline = Inline::new(&characters, block, &notes);
            if !matches!(block.kind, BlockKind::ListItem { .. }) {
                lists.end();
            }
            render(block, &inline, &mut lists)
        };
        self.blocks.iter().map(render).collect()
    }

    /// The marks of all footnotes: `[1]` in the text refers to one of them only if it is here.
    fn footnote_marks(&self, characters: &[char]) -> BTreeSet<String> {
        let notes = self.blocks.iter().filter(|block| block.kind == BlockKind::Footnote);
        notes.filter_map(|note| mark_of(&slice(characters, note)).map(|(mark, _)| mark.to_owned())).collect()
    }
}

/// What stands between two blocks: items of a list follow each other, blocks of a quotation stay one.
fn separator(before: &BlockKind, block: &BlockKind) -> &'static str {
    match (before, block) {
        (BlockKind::ListItem { .. }, BlockKind::ListItem { .. }) => "\n",
        (BlockKind::Quote { alert: one }, BlockKind::Quote { alert: None }) if one.is_none() => "\n>\n",
        // Markdown would take both for one.
        (BlockKind::ListItem { .. }, BlockKind::Code { .. }) => "\n\n<!-- -->\n\n",
        _ => "\n\n",
    }
}

fn render(block: &Block, inline: &Inline<'_>, lists: &mut Lists) -> String {
    match &block.kind {
        BlockKind::Heading { level } => {
            let text = inline.rendered().replace("\\\n", " ");
            let closing = text.len() - text.trim_end_matches('#').len();
            let (text, hashes) = text.split_at(text.len() - closing);
            let escape = if closing > 0 { "\\" } else { "" };
            format!("{} {text}{escape}{hashes}", "#".repeat(usize::from((*level).clamp(1, 6))))
        }
        BlockKind::Paragraph => inline.rendered(),
        BlockKind::ListItem { depth, number, checked } => {
            let marker = number.map_or("- ".to_owned(), |number| format!("{number}. "));
            let indent = lists.indent(usize::from(*depth), marker.len());
            let skipped = number.map_or(0, |number| format!("{number}. ").len());
            let task = match checked {
                Some(true) => "[x] ",
                Some(false) => "[ ] ",
                None => "",
            };
            let hanging = format!("\n{}", " ".repeat(indent + marker.len()));
            let text = inline.after(skipped).rendered().replace('\n', &hanging);
            format!("{}{marker}{task}{text}", " ".repeat(indent))
        }
        BlockKind::Table { rows } => inline::table(rows),
        BlockKind::Code { language } => fenced(&inline.plain(), language.as_deref().unwrap_or_default()),
        BlockKind::Quote { alert: Some(alert) } => {
            quoted(&format!("[!{}]\n{}", alert.to_uppercase(), inline.rendered()))
        }
        BlockKind::Quote { alert: None } => quoted(&inline.rendered()),
        BlockKind::Footnote => footnote(inline),
        BlockKind::Comment { author } => {
            let author = author.as_deref().unwrap_or("Comment");
            quoted(&format!("**{}:** {}", inline::escaped(author), inline.rendered()))
        }
        BlockKind::Equation => format!("$$\n{}\n$$", inline.plain()),
        BlockKind::PageHeader => furniture("header", block, inline),
        BlockKind::PageFooter => furniture("footer", block, inline),
    }
}

/// How far the items of open lists are indented.
#[derive(Default)]
struct Lists {
    /// Width of the marker of the latest item at each depth.
    widths: Vec<usize>,
}

impl Lists {
    fn indent(&mut self, depth: usize, width: usize) -> usize {
        self.widths.truncate(depth);
        let indent = self.widths.iter().sum();
        self.widths.push(width);
        indent
    }

    fn end(&mut self) {
        self.widths.clear();
    }
}

fn slice(characters: &[char], block: &Block) -> String {
    let (start, end) = (block.range.start as usize, block.range.end as usize);
    characters.get(start..end).unwrap_or_default().iter().collect()
}

/// The mark `[1]` that a footnote begins with, and its length in characters.
fn mark_of(text: &str) -> Option<(&str, usize)> {
    let (mark, _) = text.strip_prefix('[')?.split_once(']')?;
    let sound = !mark.is_empty() && !mark.contains(char::is_whitespace) && mark.len() <= 64;
    sound.then(|| (mark, mark.chars().count() + 2))
}

fn footnote(inline: &Inline<'_>) -> String {
    let plain = inline.plain();
    match mark_of(&plain) {
        Some((mark, len)) => {
            let text = inline.after(len).rendered();
            format!("[^{mark}]: {}", text.trim_start().replace('\n', "\n    "))
        }
        None => inline.rendered(),
    }
}

/// A fence longer than any in the code.
fn fenced(code: &str, language: &str) -> String {
    let fence = "`".repeat(inline::longest_run(code, '`').max(2) + 1);
    format!("{fence}{language}\n{code}\n{fence}")
}

fn quoted(text: &str) -> String {
    text.split('\n')
        .map(|line| if line.is_empty() { ">".into() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

fn furniture(what: &str, block: &Block, inline: &Inline<'_>) -> String {
    let page = block.page.map(|page| format!(" of page {page}")).unwrap_or_default();
    format!("<!-- {what}{page}: {} -->", inline.plain().replace('\n', " ").replace("--", "- -"))
}
