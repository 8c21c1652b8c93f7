//! Tables without rules: lines that stand at the same heights with gaps that run through all of them. Columns of prose have such gaps, too,
//! and are told by their long lines.

use super::{
    segment::{Segment, around},
    tables::{self, Row, Table},
};

/// Rows of one table stand no farther apart than this, in sizes of the font.
const ROW_GAP: f32 = 1.4;
/// And those that have as many lines.
const ROW_GAP_ALIKE: f32 = 3.0;
/// Gaps of columns are at least this wide, in sizes of the font.
const COLUMN_GAP: f32 = 0.4;
/// A line of this many words is prose.
const PROSE_WORDS: usize = 7;
const ROWS_MAX: usize = 2_000;
const COLUMNS_MAX: usize = 40;

/// The tables among the lines that are `free`.
pub(super) fn tables(lines: &[Segment], free: &[usize]) -> Vec<Table> {
    let text = free.iter().copied().filter(|line| lines[*line].turn == 0 && lines[*line].edge.is_none());
    let levels = tables::levels(text, lines);
    if levels.len() > ROWS_MAX {
        return Vec::new();
    }
    runs(&levels, lines).into_iter().filter_map(|run| table(run, lines)).collect()
}

/// Heights that follow each other closely and of which nearly all have several lines.
fn runs<'a>(levels: &'a [Vec<usize>], lines: &[Segment]) -> Vec<&'a [Vec<usize>]> {
    let is_several = |level: &Vec<usize>| level.len() > 1;
    let mut runs = Vec::new();
    let mut start = 0;
    while start < levels.len() {
        if !is_several(&levels[start]) {
            start += 1;
            continue;
        }
        let (mut end, mut next) = (start + 1, start + 1);
        while next < levels.len() && is_near(&levels[next - 1], &levels[next], lines) {
            if is_several(&levels[next]) {
                end = next + 1;
            } else if next + 1 - end > 2 {
                break;
            }
            next += 1;
        }
        runs.push(&levels[start..end]);
        start = end;
    }
    runs
}

fn is_near(above: &[usize], below: &[usize], lines: &[Segment]) -> bool {
    let bottom = above.iter().map(|line| lines[*line].bounds.bottom).fold(f32::MIN, f32::max);
    let top = below.iter().map(|line| lines[*line].bounds.top).fold(f32::MAX, f32::min);
    let size = above.iter().chain(below).map(|line| lines[*line].size).fold(f32::MAX, f32::min);
    let is_alike = above.len() > 2 && above.len().abs_diff(below.len()) < 2;
    top - bottom < if is_alike { ROW_GAP_ALIKE } else { ROW_GAP } * size.max(1.0)
}

/// The columns of rows: what is left between gaps where nearly no row with several parts has text.
fn columns(rows: &[Vec<usize>], parts: &[Segment]) -> Vec<(f32, f32)> {
    let several: Vec<&Segment> =
        rows.iter().filter(|row| row.len() > 1).flatten().map(|part| &parts[*part]).collect();
    let tolerated = rows.iter().filter(|row| row.len() > 1).count() / 10;
    let mut ends: Vec<(f32, i32)> =
        several.iter().flat_map(|part| [(part.bounds.left, 1), (part.bounds.right, -1)]).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let size = several.iter().map(|part| part.size).fold(f32::MAX, f32::min);
    let (mut columns, mut open, mut left): (Vec<(f32, f32)>, _, _) = (Vec::new(), 0_i32, None);
    for (at, step) in ends {
        open += step;
        let is_text = usize::try_from(open).is_ok_and(|open| open > tolerated);
        match left {
            None if is_text => left = Some(at),
            Some(from) if !is_text => {
                left = None;
                match columns.last_mut() {
                    Some(last) if from - last.1 < COLUMN_GAP * size => last.1 = at,
                    _ => columns.push((from, at)),
                }
            }
            _ => {}
        }
    }
    columns
}

/// The first column that a part has something in common with, or the one that is nearest.
fn column_of(part: &Segment, columns: &[(f32, f32)]) -> usize {
    let shared = |column: &(f32, f32)| column.1.min(part.bounds.right) - column.0.max(part.bounds.left);
    let nearest = columns.iter().enumerate().max_by(|a, b| shared(a.1).total_cmp(&shared(b.1)));
    let first = columns.iter().position(|column| shared(column) > 0.0);
    first.or(nearest.map(|(at, _)| at)).unwrap_or_default()
}

fn table(run: &[Vec<usize>], lines: &[Segment]) -> Option<Table> {
    let (mut parts, mut levels) = (Vec::new(), Vec::with_capacity(run.len()));
    for level in run {
        let from = parts.len();
        parts.extend(level.iter().flat_map(|line| lines[*line].parts()));
        levels.push((from..parts.len()).collect::<Vec<usize>>());
    }
    let columns = columns(&levels, &parts);
    if !(2..=COLUMNS_MAX).contains(&columns.len()) {
        return None;
    }
    let mut rows: Vec<Row> = Vec::with_capacity(levels.len());
    let mut above: Option<&Vec<usize>> = None;
    for level in &levels {
        let mut row = vec![Vec::new(); columns.len()];
        for part in level {
            row[column_of(&parts[*part], &columns)].push(*part);
        }
        match rows
            .last_mut()
            .filter(|last| above.is_some_and(|above| goes_on(last, &row, above, level, &parts)))
        {
            Some(last) => last.iter_mut().zip(row).for_each(|(cell, more)| cell.extend(more)),
            None => rows.push(row),
        }
        above = Some(level);
    }
    if !is_table(&rows, &parts) {
        return None;
    }
    let held: Vec<usize> = run.iter().flatten().copied().collect();
    let bounds =
        held.iter().map(|line| lines[*line].bounds).reduce(|a, b| around(&a, &b)).unwrap_or_default();
    Some(Table { bounds, rows: tables::texts(&rows, &parts), lines: held })
}

/// Whether a row is the second line of the cells above: it has nothing in the first column, less than they, and stands close.
fn goes_on(last: &Row, row: &Row, above: &[usize], level: &[usize], parts: &[Segment]) -> bool {
    let filled = |row: &Row| row.iter().filter(|cell| !cell.is_empty()).count();
    let bottom = above.iter().map(|part| parts[*part].bounds.bottom).fold(f32::MIN, f32::max);
    let top = level.iter().map(|part| parts[*part].bounds.top).fold(f32::MAX, f32::min);
    let size = level.first().map_or(0.0, |part| parts[*part].size);
    let under = row.iter().zip(last).all(|(cell, over)| cell.is_empty() || !over.is_empty());
    row[0].is_empty() && under && filled(row) < filled(last) && top - bottom < 0.35 * size
}

fn is_table(rows: &[Row], lines: &[Segment]) -> bool {
    let columns = rows.first().map_or(0, Vec::len);
    let cells: Vec<&Vec<usize>> = rows.iter().flatten().filter(|cell| !cell.is_empty()).collect();
    let text =
        |cell: &Vec<usize>| cell.iter().map(|line| lines[*line].text.as_str()).collect::<Vec<_>>().join(" ");
    let is_prose = |cell: &&&Vec<usize>| text(cell).split(' ').count() >= PROSE_WORDS;
    let is_number = |cell: &&&Vec<usize>| {
        let text = text(cell);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        digits > 0 && digits * 2 >= text.chars().filter(|c| !c.is_whitespace()).count()
    };
    let (prose, numbers) = (cells.iter().filter(is_prose).count(), cells.iter().filter(is_number).count());
    let full = rows.iter().filter(|row| row.iter().filter(|cell| !cell.is_empty()).count() > 1).count();
    let leads =
        cells.iter().filter(|cell| text(cell).contains("....") || text(cell).contains(". . .")).count();
    let is_large = rows.len() >= 3 && full >= 3 || rows.len() >= 2 && columns >= 3 && full >= 2;
    let is_filled = cells.len() * 100 >= rows.len() * columns * 35;
    let is_short = prose * 100 <= cells.len() * if numbers * 4 > cells.len() { 35 } else { 18 };
    is_large && is_filled && is_short && leads * 4 < rows.len()
}
