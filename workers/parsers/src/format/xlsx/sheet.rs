//! The cells of one sheet, by rows.

use std::collections::BTreeMap;

use super::numbers::Shown;
use crate::{
    Rejection,
    format::{
        package::Relationships,
        xml::{self, Element, Item},
    },
};

/// Filled cells of a sheet.
const CELLS_MAX: usize = 1_000_000;
/// Empty cells put in to keep columns in place, for each row. Excel has 16,384 columns.
const GAP_MAX: u32 = 64;

/// A filled cell.
pub(super) struct Cell {
    pub(super) column: u32,
    pub(super) text: String,
}

#[derive(Default)]
pub(super) struct Sheet {
    pub(super) rows: BTreeMap<u32, Vec<Cell>>,
    /// What is shown, and where it leads.
    pub(super) links: Vec<(String, String)>,
}

pub(super) fn read(text: &str, shown: &Shown<'_>, parts: &Relationships) -> Result<Sheet, Rejection> {
    let mut reader = Reader {
        shown,
        parts,
        sheet: Sheet::default(),
        cell: Open::default(),
        cells: 0,
        row: 0,
        in_value: false,
    };
    xml::items(text, |item| reader.item(&item))?;
    Ok(reader.sheet)
}

/// The texts of a row at their columns, from the column `first`.
pub(super) fn aligned(row: Vec<Cell>, first: u32) -> Vec<String> {
    let (mut texts, mut next) = (Vec::with_capacity(row.len()), first);
    for cell in row {
        let gap = cell.column.saturating_sub(next).min(GAP_MAX);
        texts.extend(std::iter::repeat_n(String::new(), usize::try_from(gap).unwrap_or_default()));
        next = cell.column.saturating_add(1);
        texts.push(cell.text);
    }
    texts
}

#[derive(Default)]
struct Open {
    row: u32,
    column: u32,
    kind: String,
    style: usize,
    value: String,
}

struct Reader<'a> {
    shown: &'a Shown<'a>,
    parts: &'a Relationships,
    sheet: Sheet,
    cell: Open,
    cells: usize,
    row: u32,
    in_value: bool,
}

impl Reader<'_> {
    fn item(&mut self, item: &Item<'_>) -> Result<(), Rejection> {
        match item {
            Item::Start(element) => self.start(element),
            Item::Text(part) if self.in_value => self.cell.value.push_str(part),
            Item::End("v" | "t") => self.in_value = false,
            Item::End("c") => return self.end_cell(),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, element: &Element<'_>) {
        match element.local() {
            "row" => {
                self.row = element
                    .attribute("r")
                    .and_then(|row| row.parse().ok())
                    .unwrap_or(self.row.saturating_add(1));
                self.cell = Open { row: self.row, ..Open::default() };
            }
            "c" => {
                let column = self.cell.column;
                let (column, row) = element
                    .attribute("r")
                    .and_then(|at| place(&at))
                    .unwrap_or((column.saturating_add(1), self.row));
                let style = element.attribute("s").and_then(|style| style.parse().ok()).unwrap_or_default();
                let kind = element.attribute("t").unwrap_or_default();
                self.cell = Open { row, column, kind, style, value: String::new() };
            }
            "v" | "t" => self.in_value = true,
            "hyperlink" => {
                let target = element.relationship().and_then(|id| self.parts.link(&id).map(str::to_owned));
                let at = element.attribute("ref").and_then(|at| place(&at));
                if let (Some(target), Some((column, row))) = (target, at) {
                    let cells = self.sheet.rows.get(&row);
                    let cell = cells.and_then(|cells| cells.iter().find(|cell| cell.column == column));
                    let shown = cell.map_or(target.clone(), |cell| cell.text.clone());
                    self.sheet.links.push((shown, target));
                }
            }
            _ => {}
        }
    }

    fn end_cell(&mut self) -> Result<(), Rejection> {
        self.in_value = false;
        let value = std::mem::take(&mut self.cell.value);
        let text = self.shown.text(&self.cell.kind, self.cell.style, &value);
        if text.trim().is_empty() {
            return Ok(());
        }
        self.cells += 1;
        if self.cells > CELLS_MAX {
            return Err(xml::too_complex("has a sheet of more than a million filled cells"));
        }
        let cell = Cell { column: self.cell.column, text };
        self.sheet.rows.entry(self.cell.row).or_default().push(cell);
        Ok(())
    }
}

/// Column and row, each from 1, of a reference such as `AB12` or `A1:B2`.
fn place(reference: &str) -> Option<(u32, u32)> {
    let first = reference.split(':').next()?;
    let digits = first.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = first.split_at(digits);
    let letter = |column: u32, letter: u8| {
        let value = letter.to_ascii_uppercase().checked_sub(b'A').filter(|value| *value < 26)?;
        column.checked_mul(26)?.checked_add(u32::from(value) + 1)
    };
    Some((letters.bytes().try_fold(0, letter)?, row.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_columns_and_rows() {
        assert_eq!(place("A1"), Some((1, 1)));
        assert_eq!(place("AB12:C3"), Some((28, 12)));
        assert_eq!(place("12"), Some((0, 12)));
        assert_eq!(place("ZZZZZZZZZZ1"), None);
        assert_eq!(place("$"), None);
    }
}
