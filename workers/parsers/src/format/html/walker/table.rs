//! Tells tables of data from tables that lay out a page, and reads the cells of the former.

use scraper::{ElementRef, Node};

/// A data cell is short; a cell of this many bytes is a column of a page.
const CELL_BYTES_MAX: usize = 2_000;

/// The cells, row by row, or `None` when the table lays out the page.
pub(super) fn rows_of(table: ElementRef<'_>) -> Option<Vec<Vec<String>>> {
    let layout = matches!(table.attr("role"), Some("presentation" | "none"))
        || table
            .descendent_elements()
            .skip(1)
            .any(|inner| matches!(inner.value().name(), "table" | "h1" | "h2" | "pre"));
    if layout {
        return None;
    }
    let rows: Vec<Vec<String>> = table
        .descendent_elements()
        .filter(|inner| inner.value().name() == "tr")
        .map(|row| row.child_elements().filter(is_cell).map(text_of).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let longest = rows.iter().flatten().map(String::len).max().unwrap_or_default();
    (columns > 1 && longest <= CELL_BYTES_MAX).then_some(rows)
}

fn is_cell(element: &ElementRef<'_>) -> bool {
    matches!(element.value().name(), "td" | "th")
}

fn text_of(cell: ElementRef<'_>) -> String {
    let mut text = String::new();
    append(cell, &mut text);
    text
}

fn append(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        match child.value() {
            Node::Text(part) => text.push_str(part),
            Node::Element(inner) if super::DROPPED.contains(&inner.name()) => {}
            Node::Element(inner) => {
                let apart = inner.name() == "br" || super::BLOCKS.contains(&inner.name());
                text.push_str(if apart { " " } else { "" });
                if let Some(inner) = ElementRef::wrap(child) {
                    append(inner, text);
                }
                text.push_str(if apart { " " } else { "" });
            }
            _ => {}
        }
    }
}
