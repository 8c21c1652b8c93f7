//! The cells of a table being read, under a limit of cells that no real table meets.

use crate::{Rejection, format::xml};

/// Cells that one element may stand for: of repeated and of covered ones. Spreadsheets pad to 16,384 columns.
const REPEATED_MAX: usize = 64;
const CELLS_MAX: usize = 1_000_000;

/// Rows of cells.
#[derive(Default)]
pub(super) struct Grid {
    rows: Vec<Vec<String>>,
    cells: usize,
    repeated: usize,
}

impl Grid {
    pub(super) fn start_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Begins a cell that stands for `repeated` equal ones.
    pub(super) fn start_cell(&mut self, repeated: usize) {
        self.repeated = repeated.clamp(1, REPEATED_MAX);
    }

    /// Ends the cell that was begun last.
    pub(super) fn end_cell(&mut self, text: &str) -> Result<(), Rejection> {
        self.cells += self.repeated;
        if self.cells > CELLS_MAX {
            return Err(xml::too_complex("has a table of more than a million cells"));
        }
        if self.rows.is_empty() {
            self.start_row();
        }
        if let Some(row) = self.rows.last_mut() {
            row.extend(std::iter::repeat_n(text.trim().to_owned(), self.repeated));
        }
        self.repeated = 1;
        Ok(())
    }

    pub(super) fn into_rows(self) -> Vec<Vec<String>> {
        self.rows
    }

    /// A line for each row, for a table inside of a cell.
    pub(super) fn into_text(self) -> String {
        let filled = |row: &Vec<String>| {
            row.iter().filter(|cell| !cell.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        self.rows.iter().map(filled).collect::<Vec<_>>().join("\n")
    }
}
