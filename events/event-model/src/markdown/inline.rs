//! The text of one block as inline Markdown: what would be taken for a mark is escaped, what is marked gets its marks.

use std::collections::BTreeSet;

use crate::{Block, SpanStyle};

/// The characters of a block, and what is marked in them.
pub(super) struct Inline<'a> {
    characters: &'a [char],
    /// Where `characters` start in the document.
    start: usize,
    block: &'a Block,
    notes: &'a BTreeSet<String>,
}

impl<'a> Inline<'a> {
    pub(super) fn new(document: &'a [char], block: &'a Block, notes: &'a BTreeSet<String>) -> Self {
        let end = (block.range.end as usize).min(document.len());
        let start = (block.range.start as usize).min(end);
        Self { characters: &document[start..end], start, block, notes }
    }

    /// Without the first `count` characters.
    pub(super) fn after(&self, count: usize) -> Self {
        let count = count.min(self.characters.len());
        Self { characters: &self.characters[count..], start: self.start + count, ..*self }
    }

    /// The text as it is.
    pub(super) fn plain(&self) -> String {
        self.characters.iter().collect()
    }

    /// The text as Markdown; a line end is one that a reader sees.
    pub(super) fn rendered(&self) -> String {
        let spans = self.block.spans.iter().filter_map(|span| {
            let from = (span.range.start as usize).checked_sub(self.start)?;
            let to = (span.range.end as usize).checked_sub(self.start)?.min(self.characters.len());
            (from < to).then_some((from, to, &span.style))
        });
        let spans: Vec<_> = spans.collect();
        let mut out = String::with_capacity(self.characters.len() + 16);
        self.range(0, self.characters.len(), &spans, &mut out);
        starts_escaped(&out)
    }

    /// Renders `from..to`; `spans` are those inside it, outer before inner.
    fn range(&self, from: usize, to: usize, spans: &[(usize, usize, &SpanStyle)], out: &mut String) {
        let mut at = from;
        let mut next = 0;
        while let Some((start, end, style)) = spans.get(next).copied() {
            let inner = spans[next + 1..].iter().take_while(|(from, ..)| *from < end).count();
            let inside = &spans[next + 1..=next + inner];
            next += inner + 1;
            if start < at || end > to {
                continue;
            }
            self.text(at, start, out);
            self.span(start, end, style, inside, out);
            at = end;
        }
        self.text(at, to, out);
    }

    fn span(
        &self,
        from: usize,
        to: usize,
        style: &SpanStyle,
        inside: &[(usize, usize, &SpanStyle)],
        out: &mut String,
    ) {
        let mark = match style {
            SpanStyle::Code => return out.push_str(&code(&self.characters[from..to])),
            SpanStyle::Link { target } => {
                out.push('[');
                self.range(from, to, inside, out);
                out.extend(["](", &link_target(target), ")"]);
                return;
            }
            SpanStyle::Strong => "**",
            SpanStyle::Emphasis => "*",
            SpanStyle::Strikethrough => "~~",
        };
        let mark = if self.takes_marks(from, to) { mark } else { "" };
        out.push_str(mark);
        self.range(from, to, inside, out);
        out.push_str(mark);
    }

    /// Whether marks around `from..to` would be read as such: the rule of flanking, on the safe side.
    fn takes_marks(&self, from: usize, to: usize) -> bool {
        let at = |at: usize| self.characters.get(at).copied();
        let word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let (first, last) = (at(from), at(to - 1));
        let before = from.checked_sub(1).and_then(at);
        (word(first) || !word(before)) && (word(last) || !word(at(to)))
    }

    fn text(&self, from: usize, to: usize, out: &mut String) {
        let mut at = from;
        while at < to {
            let character = self.characters[at];
            if let Some(end) = self.note_reference(at, to) {
                out.push_str("[^");
                out.extend(&self.characters[at + 1..end]);
                at = end;
                continue;
            }
            let alone = |at: usize| !self.characters.get(at).copied().is_some_and(char::is_alphanumeric);
            match character {
                '\n' => out.push_str("\\\n"),
                '\\' | '`' | '*' | '[' | ']' | '<' => out.extend(['\\', character]),
                '_' if at == 0 || alone(at - 1) || alone(at + 1) => out.push_str("\\_"),
                '~' => out.push_str("\\~"),
                '&' if self.is_entity(at) => out.push_str("\\&"),
                _ => out.push(character),
            }
            at += 1;
        }
    }

    /// One past the reference to a footnote that starts at `at`.
    fn note_reference(&self, at: usize, to: usize) -> Option<usize> {
        if self.characters[at] != '[' {
            return None;
        }
        let len = self.characters[at..to.min(at + 66)].iter().position(|character| *character == ']')?;
        let mark: String = self.characters[at + 1..at + len].iter().collect();
        self.notes.contains(&mark).then_some(at + len + 1)
    }

    fn is_entity(&self, at: usize) -> bool {
        let rest = &self.characters[at + 1..];
        let name = rest.iter().take(32).take_while(|c| c.is_ascii_alphanumeric() || **c == '#').count();
        name > 0 && rest.get(name) == Some(&';')
    }
}

/// Escapes what would make a line something else than text.
fn starts_escaped(text: &str) -> String {
    let escape = |line: &str| {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let after_digits = line[digits..].chars().next();
        if (1..10).contains(&digits) && matches!(after_digits, Some('.' | ')')) {
            format!("{}\\{}", &line[..digits], &line[digits..])
        } else if line.starts_with(['#', '>', '+', '-', '=', '|', ':']) {
            format!("\\{line}")
        } else {
            line.to_owned()
        }
    };
    text.split('\n').map(|line| escape(line.trim_start())).collect::<Vec<_>>().join("\n")
}

/// Text without marks as inline Markdown.
pub(super) fn escaped(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let block = Block::new(crate::BlockKind::Paragraph, crate::TextRange::default(), None);
    let notes = BTreeSet::new();
    let mut out = String::new();
    Inline { characters: &characters, start: 0, block: &block, notes: &notes }.text(
        0,
        characters.len(),
        &mut out,
    );
    out
}

/// A table in GitHub's form; the first row is its head.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let cell = |at: usize| row.get(at).map(|cell| escaped(cell).replace('|', "\\|")).unwrap_or_default();
        format!("| {} |", (0..width).map(cell).collect::<Vec<_>>().join(" | "))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1.min(lines.len()), format!("|{}", " --- |".repeat(width)));
    lines.join("\n")
}

/// A code span, delimited by more backticks than are in it.
fn code(characters: &[char]) -> String {
    let text: String = characters.iter().map(|c| if *c == '\n' { ' ' } else { *c }).collect();
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let padded =
        text.starts_with('`') || text.ends_with('`') || (text.starts_with(' ') && text.ends_with(' '));
    let pad = if padded { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn link_target(target: &str) -> String {
    if target.contains([' ', '(', ')', '<', '>', '\\']) || target.is_empty() {
        format!(
            "<{}>",
            target.replace('\\', "\\\\").replace('<', "\\<").replace('>', "\\>").replace('\n', "")
        )
    } else {
        target.to_owned()
    }
}

/// Length of the longest run of `wanted`.
pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|character| character != wanted).map(str::len).max().unwrap_or(0)
}
