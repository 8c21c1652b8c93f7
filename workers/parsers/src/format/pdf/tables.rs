//! A table as it was found on a page, and what both ways to find one share.

use std::collections::BTreeMap;

use event_model::Bounds;

use super::{
    aligned, hyphens,
    segment::{Segment, around},
    tagging::Role,
};

const COLUMNS_MAX: u32 = 100;
/// Cells whose lines are longer hold text that was wrapped, in bytes.
const SHORT: usize = 16;
/// From so many heights on at which several lines stand, a cell holds a table of its own.
const HEIGHTS_MIN: usize = 4;
/// A grid is the layout of a page when such cells hold one in so many of its characters.
const COARSE_PART: usize = 4;

/// Cells of a row, each the numbers of its lines.
pub(super) type Row = Vec<Vec<usize>>;

/// A table on a page.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub bounds: Bounds,
    pub rows: Vec<Vec<String>>,
    /// The lines that stand in it.
    pub lines: Vec<usize>,
}

/// The texts of cells; words that are divided between their lines are whole again.
pub(super) fn texts(rows: &[Row], lines: &[Segment]) -> Vec<Vec<String>> {
    let text = |cell: &Vec<usize>| {
        let mut order: Vec<&Segment> = cell.iter().map(|line| &lines[*line]).collect();
        order.sort_by(|a, b| {
            let same = (a.bounds.top - b.bounds.top).abs() < 0.4 * a.size.min(b.size);
            let down = a.bounds.top.total_cmp(&b.bounds.top);
            if same { a.bounds.left.total_cmp(&b.bounds.left) } else { down }
        });
        hyphens::together(order.iter().map(|line| line.text.as_str()))
    };
    rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

/// The lines of a set that stand at one height, from the top; each with its lines.
pub(super) fn levels(set: impl Iterator<Item = usize>, lines: &[Segment]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = set.collect();
    let middle = |line: usize| lines[line].bounds.top.midpoint(lines[line].bounds.bottom);
    order.sort_by(|a, b| middle(*a).total_cmp(&middle(*b)));
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for line in order {
        let near = |level: &&mut Vec<usize>| {
            middle(line) - middle(level[0]) < 0.5 * lines[line].size.min(lines[level[0]].size)
        };
        match levels.last_mut().filter(near) {
            Some(level) => level.push(line),
            None => levels.push(vec![line]),
        }
    }
    for level in &mut levels {
        level.sort_by(|a, b| lines[*a].bounds.left.total_cmp(&lines[*b].bounds.left));
    }
    levels
}

/// A row of cells as the rows that it really is: several heights, most of which have several cells and begin in the first, or which most
/// cells share.
pub(super) fn split(row: &Row, lines: &[Segment]) -> Option<Vec<Row>> {
    let column = |line: usize| row.iter().position(|cell| cell.contains(&line));
    let levels = levels(row.iter().flatten().copied(), lines);
    let filled = |level: &[usize]| {
        let mut columns: Vec<usize> = level.iter().filter_map(|line| column(*line)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    };
    let several = levels.iter().filter(|level| filled(level).len() > 1).count();
    let begin = levels.iter().filter(|level| filled(level).first() == Some(&0)).count();
    let is_list = levels.len() >= 3 && several * 10 >= levels.len() * 7 && begin * 10 >= levels.len() * 8;
    let pile = pile(row, levels.len(), lines);
    if !is_list && pile.is_empty() {
        return None;
    }
    let is_row = |level: &&Vec<usize>| match filled(level) {
        columns if is_list => columns.len() > 1,
        columns => columns.iter().any(|column| pile.contains(column)),
    };
    let cells = |level: &Vec<usize>| {
        let mut cells = vec![Vec::new(); row.len()];
        for line in level {
            cells[column(*line).unwrap_or_default()].push(*line);
        }
        cells
    };
    let mut rows: Vec<Row> = levels.iter().filter(is_row).map(cells).collect();
    for level in levels.iter().filter(|level| !is_row(level)) {
        // What spans the rows stands between them.
        let top =
            |row: &Row| row.iter().flatten().map(|line| lines[*line].bounds.top).fold(f32::MAX, f32::min);
        let over = rows.iter().rposition(|row| top(row) <= lines[level[0]].bounds.top).unwrap_or_default();
        for line in level {
            rows[over][column(*line).unwrap_or_default()].push(*line);
        }
    }
    Some(rows)
}

/// The cells that are short and have as many lines as there are heights, if they are three or more and most of those with text.
fn pile(row: &Row, heights: usize, lines: &[Segment]) -> Vec<usize> {
    let is_short = |cell: &Vec<usize>| cell.iter().all(|line| lines[*line].text.len() <= SHORT);
    let is_full = |cell: &Vec<usize>| cell.len() > 1 && cell.len() + 1 >= heights && is_short(cell);
    let full: Vec<usize> = (0..row.len()).filter(|column| is_full(&row[*column])).collect();
    let filled = row.iter().filter(|cell| !cell.is_empty()).count();
    if full.len() >= 3 && full.len() * 10 >= filled * 6 { full } else { Vec::new() }
}

/// The tables that a tagged document states.
pub(super) fn tagged(lines: &[Segment]) -> Vec<Table> {
    let mut found: BTreeMap<u32, BTreeMap<(u32, u32), Vec<usize>>> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.edge.is_none()) {
        if let Some(Role::Cell { table, row, column }) = line.role {
            found.entry(table).or_default().entry((row, column)).or_default().push(at);
        }
    }
    found.into_values().flat_map(|cells| of_cells(&cells, lines)).collect()
}

fn of_cells(cells: &BTreeMap<(u32, u32), Vec<usize>>, lines: &[Segment]) -> Vec<Table> {
    in_cells(cells.values(), lines).unwrap_or_else(|| whole(cells, lines).into_iter().collect())
}

/// The tables that stand in the cells of another, if much of its text does: then its cells are the layout of a page.
pub(super) fn in_cells<'a>(
    cells: impl Iterator<Item = &'a Vec<usize>>,
    lines: &[Segment],
) -> Option<Vec<Table>> {
    let characters = |cell: &[usize]| cell.iter().map(|line| lines[*line].text.len()).sum::<usize>();
    let holds_a_table = |cell: &[usize]| {
        let levels = levels(cell.iter().copied(), lines);
        levels.iter().filter(|level| level.len() > 1).count() >= HEIGHTS_MIN
    };
    let (mut coarse, mut inside, mut all) = (Vec::new(), 0, 0);
    for cell in cells {
        all += characters(cell);
        if holds_a_table(cell) {
            inside += characters(cell);
            coarse.push(cell);
        }
    }
    (inside * COARSE_PART > all)
        .then(|| coarse.into_iter().flat_map(|cell| aligned::tables(lines, cell)).collect())
}

fn whole(cells: &BTreeMap<(u32, u32), Vec<usize>>, lines: &[Segment]) -> Option<Table> {
    let (first, last) = (cells.first_key_value()?.0.0, cells.last_key_value()?.0.0);
    let columns = cells.keys().map(|(_, column)| *column).max()?.min(COLUMNS_MAX) as usize;
    if columns < 2 || first == last {
        return None;
    }
    let mut rows: BTreeMap<u32, Row> = BTreeMap::new();
    for ((row, column), held) in cells {
        let row = rows.entry(*row).or_insert_with(|| vec![Vec::new(); columns]);
        row[(*column as usize).min(columns) - 1].extend(held);
    }
    let rows: Vec<Row> = rows.into_values().collect();
    let held: Vec<usize> = rows.iter().flatten().flatten().copied().collect();
    let bounds = held.iter().map(|line| lines[*line].bounds).reduce(|a, b| around(&a, &b))?;
    Some(Table { bounds, rows: texts(&rows, lines), lines: held })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, left: f32, row: u8) -> Segment {
        let top = 100.0 + f32::from(row) * 12.0;
        let bounds = Bounds { left, top, right: left + 40.0, bottom: top + 10.0 };
        Segment { text: text.into(), bounds, size: 10.0, ..Segment::default() }
    }

    #[test]
    fn a_grid_whose_cells_hold_tables_is_a_layout() {
        let lines: Vec<Segment> =
            (0..5).flat_map(|row| [line("Make", 50.0, row), line("Heron", 150.0, row)]).collect();
        let cells = [(0..10).collect::<Vec<usize>>(), Vec::new()];
        let found = in_cells(cells.iter(), &lines).unwrap_or_default();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rows, vec![vec!["Make".to_owned(), "Heron".to_owned()]; 5]);
        let columns: [Vec<usize>; 2] = [(0..10).step_by(2).collect(), (1..10).step_by(2).collect()];
        assert!(in_cells(columns.iter(), &lines).is_none(), "cells of lines under each other are cells");
    }
}
