//! A table being read. Merged cells keep their place: what they cover becomes empty cells, so that columns stay columns.

use super::xml::Element;

/// Word's own limit of columns.
const SPAN_MAX: usize = 63;
/// Empty cells put in for merged ones, in a document.
pub(super) const COVERED_MAX: usize = 200_000;

#[derive(Default)]
struct Cell {
    text: String,
    span: usize,
    /// Whether it is the lower part of the cell above.
    covered: bool,
}

/// A table inside a cell becomes text of the cell.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    cell: Option<Cell>,
    row_deleted: bool,
}

impl Table {
    pub(super) fn start_row(&mut self) {
        self.rows.push(Vec::new());
        self.row_deleted = false;
    }

    pub(super) fn end_row(&mut self) {
        if self.row_deleted {
            self.rows.pop();
        }
    }

    pub(super) fn start_cell(&mut self) {
        self.cell = Some(Cell { span: 1, ..Cell::default() });
    }

    /// Takes a property of a row or cell over.
    pub(super) fn property(&mut self, element: &Element<'_>, left: &mut usize) {
        let number = || element.val().and_then(|value| value.parse().ok()).unwrap_or(0_usize);
        match (element.local(), &mut self.cell) {
            ("gridSpan", Some(cell)) => cell.span = number().clamp(1, SPAN_MAX),
            ("vMerge", Some(cell)) => cell.covered = element.val().is_none_or(|value| value == "continue"),
            ("gridBefore", None) => self.cover(number(), left),
            ("del", None) => self.row_deleted = true,
            _ => {}
        }
    }

    /// Where text of the open cell goes.
    pub(super) fn cell(&mut self) -> Option<&mut String> {
        self.cell.as_mut().map(|cell| &mut cell.text)
    }

    pub(super) fn end_cell(&mut self, left: &mut usize) {
        let Some(cell) = self.cell.take() else { return };
        if let Some(row) = self.rows.last_mut() {
            row.push(if cell.covered { String::new() } else { cell.text });
            self.cover(cell.span - 1, left);
        }
    }

    fn cover(&mut self, cells: usize, left: &mut usize) {
        let cells = cells.min(SPAN_MAX).min(*left);
        *left -= cells;
        if let Some(row) = self.rows.last_mut() {
            row.extend(std::iter::repeat_n(String::new(), cells));
        }
    }

    pub(super) fn into_rows(self) -> Vec<Vec<String>> {
        self.rows
    }
}
