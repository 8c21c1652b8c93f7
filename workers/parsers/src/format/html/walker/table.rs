//! Tells tables of data from tables that lay out a page or code, and reads the cells of the former.

use scraper::{ElementRef, Node};

use super::{
    super::elements::{attribute, is_block, is_shown},
    Walker,
};

/// A data cell is short; a cell of this many bytes is a column of a page.
const CELL_BYTES_MAX: usize = 2_000;
/// More columns than this are no table a person reads; what spans them is one cell.
const COLUMNS_MAX: usize = 256;

impl Walker<'_> {
    /// A table of data is a block; one that lays out the page is walked like any other element.
    pub(super) fn table(&mut self, at: usize) {
        let element = self.part(at).element;
        let Some(rows) = rows_of(element) else { return self.block(at) };
        self.flush();
        if let Some(caption) = (at + 1..self.part(at).end).find(|inner| self.part(*inner).name() == "caption")
        {
            self.block(caption);
        }
        for link in element.descendent_elements().filter(|inner| inner.value().name() == "a") {
            let target = attribute(link, "href").filter(|target| !target.trim_start().starts_with('#'));
            if let Some(target) = target.and_then(|target| self.reading.address.resolve(target)) {
                self.builder.link(&link.text().collect::<String>(), &target);
            }
        }
        self.builder.table(rows, None);
    }

    /// A row of a table that lays out the page: a line, unless a cell of it holds blocks.
    pub(super) fn row(&mut self, at: usize) {
        let inner = &self.reading.page.parts[at + 1..self.part(at).end];
        let line = inner.iter().all(|inner| !inner.is_block() || matches!(inner.name(), "td" | "th"));
        self.flush();
        self.flat = line;
        self.children(at);
        self.flat = false;
        self.flush();
    }

    /// A block read as a part of a line.
    pub(super) fn cell(&mut self, at: usize) {
        self.push(" ");
        self.children(at);
        self.push(" ");
    }
}

/// The cells, row by row, or `None` when the table lays out the page.
fn rows_of(table: ElementRef<'_>) -> Option<Vec<Vec<String>>> {
    let layout = matches!(attribute(table, "role"), Some("presentation" | "none"))
        || table.descendent_elements().skip(1).any(|inner| {
            matches!(inner.value().name(), "table" | "h1" | "h2" | "pre" | "form") && is_shown(inner)
        });
    if layout {
        return None;
    }
    let mut rows = Rows::default();
    for row in table.descendent_elements().filter(|inner| inner.value().name() == "tr" && is_shown(*inner)) {
        rows.push(row);
    }
    let rows = rows.finished;
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let longest = rows.iter().flatten().map(String::len).max().unwrap_or_default();
    (columns > 1 && longest <= CELL_BYTES_MAX).then_some(rows)
}

/// Spans are followed up to so many cells; a table of a few bytes can ask for millions.
const CELLS_MAX: usize = 200_000;

/// The rows of a table, with an empty cell wherever a merged cell covers one.
#[derive(Default)]
struct Rows {
    finished: Vec<Vec<String>>,
    /// For each column, how many of the next rows a cell above still covers.
    covered: Vec<usize>,
    /// How many cells there are so far.
    cells: usize,
}

impl Rows {
    fn push(&mut self, row: ElementRef<'_>) {
        let mut cells = Vec::new();
        for cell in row.child_elements().filter(|cell| is_cell(*cell)) {
            self.skip_covered(&mut cells);
            let plain = self.cells > CELLS_MAX;
            let (columns, rows) = if plain { (1, 1) } else { (span(cell, "colspan"), span(cell, "rowspan")) };
            cells.push(text_of(cell));
            for column in 0..columns.min(COLUMNS_MAX.saturating_sub(cells.len()) + 1) {
                if column > 0 {
                    cells.push(String::new());
                }
                let column = cells.len() - 1;
                self.covered.resize(self.covered.len().max(column + 1), 0);
                self.covered[column] = rows - 1;
            }
        }
        self.skip_covered(&mut cells);
        self.cells += cells.len();
        self.finished.push(cells);
    }

    fn skip_covered(&mut self, cells: &mut Vec<String>) {
        while let Some(covered) = self.covered.get_mut(cells.len()).filter(|covered| **covered > 0) {
            *covered -= 1;
            cells.push(String::new());
        }
    }
}

/// How many columns or rows a cell covers; one that covers all that are left (`0`) is taken for one.
fn span(cell: ElementRef<'_>, name: &str) -> usize {
    attribute(cell, name)
        .and_then(|span| span.trim().parse().ok())
        .map_or(1, |span: usize| span.clamp(1, 1_000))
}

fn is_cell(element: ElementRef<'_>) -> bool {
    matches!(element.value().name(), "td" | "th") && is_shown(element)
}

fn text_of(cell: ElementRef<'_>) -> String {
    let mut text = String::new();
    append(cell, &mut text);
    text
}

fn append(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        if let Node::Text(part) = child.value() {
            text.push_str(part);
        }
        let Some(inner) = ElementRef::wrap(child).filter(|inner| is_shown(*inner)) else { continue };
        let apart = inner.value().name() == "br" || is_block(inner.value().name());
        text.push_str(if apart { " " } else { "" });
        append(inner, text);
        text.push_str(if apart { " " } else { "" });
    }
}
