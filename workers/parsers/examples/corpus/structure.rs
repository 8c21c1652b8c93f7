//! How well headings and rows of tables agree with those of the gold Markdown beside a document: whole texts, each counted as often as
//! it stands there. Levels do not count; cells do, but empty ones do not, since nobody agrees on them.

use std::{collections::HashMap, fmt, fs, path::Path};

use event_model::{BlockKind, ParsedDocument};

use crate::scoring::tokens;

/// The headings and the rows of a document, as normalised texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Structure {
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<String>,
}

impl Structure {
    /// What the gold Markdown beside a document shows.
    pub(crate) fn beside(path: &Path) -> Option<Self> {
        fs::read_to_string(path.with_extension("gold.md")).ok().map(|gold| Self::of_markdown(&gold))
    }

    /// ATX headings and the rows of pipe tables, outside fenced code.
    pub(crate) fn of_markdown(markdown: &str) -> Self {
        let (mut found, mut fenced) = (Self::default(), false);
        for line in markdown.lines() {
            let line = line.trim();
            if line.starts_with("```") {
                fenced = !fenced;
            } else if let Some(text) = heading(line).filter(|_| !fenced) {
                found.push_heading(text);
            } else if let Some(row) = row(line).filter(|_| !fenced) {
                found.push_row(row.split('|'));
            }
        }
        found
    }

    /// What we found.
    pub(crate) fn of_document(document: &ParsedDocument) -> Self {
        let mut found = Self::default();
        let text: Vec<char> = document.text.chars().collect();
        for block in &document.blocks {
            match &block.kind {
                BlockKind::Heading { .. } => {
                    let range = block.range.start as usize..block.range.end as usize;
                    found.push_heading(&text[range].iter().collect::<String>());
                }
                BlockKind::Table { rows } => {
                    for row in rows {
                        found.push_row(row.iter().map(String::as_str));
                    }
                }
                _ => {}
            }
        }
        found
    }

    pub(crate) fn push_heading(&mut self, text: &str) {
        let text = tokens(text).join(" ");
        if !text.is_empty() {
            self.headings.push(text);
        }
    }

    pub(crate) fn push_row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        let cells: Vec<String> =
            cells.map(|cell| tokens(cell).join(" ")).filter(|cell| !cell.is_empty()).collect();
        if !cells.is_empty() {
            self.rows.push(cells.join(" | "));
        }
    }
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (1..=6).contains(&level).then(|| text.strip_prefix(' ')).flatten()
}

/// The cells of a row of a table; the line under its head is none.
fn row(line: &str) -> Option<&str> {
    let row = line.strip_prefix('|')?;
    let is_rule = row.chars().all(|character| matches!(character, '|' | '-' | ':' | ' '));
    (!is_rule).then(|| row.trim_end_matches('|'))
}

/// Texts of one kind over many documents: shared, found, in the gold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) shared: usize,
    pub(crate) found: usize,
    pub(crate) gold: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} found, {} in the gold", self.shared, self.found, self.gold)
    }
}

impl Tally {
    pub(crate) fn of(found: &[String], gold: &[String]) -> Self {
        let mut left: HashMap<&str, usize> = HashMap::new();
        for text in gold {
            *left.entry(text).or_default() += 1;
        }
        let shared = found.iter().filter(|text| {
            let left = left.get_mut(text.as_str()).filter(|count| **count > 0);
            left.is_some_and(|count| {
                *count -= 1;
                true
            })
        });
        Self { shared: shared.count(), found: found.len(), gold: gold.len() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.shared += other.shared;
        self.found += other.found;
        self.gold += other.gold;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.shared as f64 / (self.found + self.gold).max(1) as f64
    }
}
