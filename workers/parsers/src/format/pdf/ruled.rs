//! Tables whose cells are parted by rules. Rules that touch make a grid; where a piece of rule is missing, cells are merged.

use std::collections::BTreeMap;

use event_model::Bounds;

use super::{
    drawing::{Rule, Rules},
    segment::Segment,
    tables::{self, Row, Table},
};

/// Rules this close are one, in points.
const SAME_RULE: f32 = 2.5;
/// Rules that end this close to each other touch.
const TOUCH: f32 = 3.5;
/// More rules than this on a page are no tables.
const RULES_MAX: usize = 4_000;
const CELLS_MAX: usize = 20_000;
/// Cells with more text than this on average hold the columns of a page, not of a table.
const CELL_CHARACTERS_MAX: usize = 220;

/// A grid of rules: the edges of its columns and rows, and which edges are drawn.
struct Grid {
    xs: Vec<f32>,
    ys: Vec<f32>,
    across: Vec<Rule>,
    down: Vec<Rule>,
}

/// The tables of a page, each with the lines that stand in it.
pub(super) fn tables(rules: &Rules, lines: &[Segment]) -> Vec<Table> {
    let (across, down) = (joined(&rules.across), joined(&rules.down));
    if rules.is_picture() || across.len() + down.len() > RULES_MAX {
        return Vec::new();
    }
    let mut found: Vec<Table> = grids(&across, &down).iter().flat_map(|grid| grid.tables(lines)).collect();
    // A box around a table is a grid, too: the smaller one comes first, and what it holds is taken.
    found.sort_by(|a, b| area(&a.bounds).total_cmp(&area(&b.bounds)));
    let mut taken = vec![false; lines.len()];
    found.retain(|table| {
        let free = !table.lines.iter().any(|line| taken[*line]);
        table.lines.iter().for_each(|line| taken[*line] |= free);
        free
    });
    found
}

fn area(bounds: &Bounds) -> f32 {
    (bounds.right - bounds.left) * (bounds.bottom - bounds.top)
}

/// Makes one rule of those that lie in a line and overlap or nearly do.
fn joined(rules: &[Rule]) -> Vec<Rule> {
    let mut sorted = rules.to_vec();
    sorted.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut joined: Vec<Rule> = Vec::new();
    let mut start = 0;
    while start < sorted.len() {
        let end = start + sorted[start..].partition_point(|rule| rule.at - sorted[start].at <= SAME_RULE);
        let at = sorted[start].at;
        let level = &mut sorted[start..end];
        level.sort_by(|a, b| a.from.total_cmp(&b.from));
        let first = joined.len();
        for rule in level.iter() {
            match joined[first..].last_mut() {
                Some(last) if rule.from <= last.to + TOUCH => last.to = last.to.max(rule.to),
                _ => joined.push(Rule { at, ..*rule }),
            }
        }
        start = end;
    }
    joined
}

fn touch(across: &Rule, down: &Rule) -> bool {
    across.from - TOUCH <= down.at
        && down.at <= across.to + TOUCH
        && down.from - TOUCH <= across.at
        && across.at <= down.to + TOUCH
}

/// The rules that touch each other, directly or through others.
fn grids(across: &[Rule], down: &[Rule]) -> Vec<Grid> {
    let mut group: Vec<usize> = (0..across.len() + down.len()).collect();
    for (at, rule) in across.iter().enumerate() {
        for (other, _) in down.iter().enumerate().filter(|(_, wall)| touch(rule, wall)) {
            let (one, two) = (root(&mut group, at), root(&mut group, across.len() + other));
            group[one.max(two)] = one.min(two);
        }
    }
    let mut members: BTreeMap<usize, (Vec<Rule>, Vec<Rule>)> = BTreeMap::new();
    for at in 0..group.len() {
        let member = members.entry(root(&mut group, at)).or_default();
        match at.checked_sub(across.len()) {
            None => member.0.push(across[at]),
            Some(at) => member.1.push(down[at]),
        }
    }
    members.into_values().filter_map(|(across, down)| Grid::new(across, down)).collect()
}

/// The member that stands for all of its group.
fn root(group: &mut [usize], mut of: usize) -> usize {
    while group[of] != of {
        group[of] = group[group[of]];
        of = group[of];
    }
    of
}

/// Places along an axis, those that are nearly the same as one.
fn levels(rules: &[Rule]) -> Vec<f32> {
    let mut places: Vec<f32> = rules.iter().map(|rule| rule.at).collect();
    places.sort_by(f32::total_cmp);
    places.dedup_by(|next, kept| *next - *kept <= SAME_RULE);
    places
}

impl Grid {
    fn new(across: Vec<Rule>, down: Vec<Rule>) -> Option<Self> {
        let (mut xs, mut ys) = (levels(&down), levels(&across));
        // Tables are often open at the sides.
        let ends = |rules: &[Rule]| {
            let from = rules.iter().map(|rule| rule.from).fold(f32::MAX, f32::min);
            (from, rules.iter().map(|rule| rule.to).fold(f32::MIN, f32::max))
        };
        if down.is_empty() || across.is_empty() {
            return None;
        }
        let ((left, right), (top, bottom)) = (ends(&across), ends(&down));
        extend(&mut xs, left, right);
        extend(&mut ys, top, bottom);
        let cells = (xs.len() - 1) * (ys.len() - 1);
        (xs.len() > 2 && cells > 1 && cells <= CELLS_MAX).then_some(Self { xs, ys, across, down })
    }

    fn bounds(&self) -> Bounds {
        let ends = |places: &[f32]| (places[0], places[places.len() - 1]);
        let ((left, right), (top, bottom)) = (ends(&self.xs), ends(&self.ys));
        Bounds { left, top, right, bottom }
    }

    /// The cell in which a point lies.
    fn cell(&self, across: f32, down: f32) -> Option<(usize, usize)> {
        let place = |places: &[f32], at: f32| {
            let cell = places.partition_point(|place| *place <= at).checked_sub(1)?;
            (cell + 1 < places.len()).then_some(cell)
        };
        Some((place(&self.ys, down)?, place(&self.xs, across)?))
    }

    /// Whether there is a rule between a cell and the one to its right, and between it and the one below.
    fn parted(&self, row: usize, column: usize) -> (bool, bool) {
        let middle = |places: &[f32], at: usize| places[at].midpoint(places[at + 1]);
        let (x, y) = (middle(&self.xs, column), middle(&self.ys, row));
        let near = |one: f32, other: f32| (one - other).abs() <= SAME_RULE;
        let covers = |rule: &Rule, at: f32| rule.from <= at && at <= rule.to;
        (
            self.down.iter().any(|rule| near(rule.at, self.xs[column + 1]) && covers(rule, y)),
            self.across.iter().any(|rule| near(rule.at, self.ys[row + 1]) && covers(rule, x)),
        )
    }

    /// The upper left cell of the merged cell that each cell is part of.
    fn owners(&self) -> Vec<Vec<(usize, usize)>> {
        let (rows, columns) = (self.ys.len() - 1, self.xs.len() - 1);
        let mut owners: Vec<Vec<(usize, usize)>> =
            (0..rows).map(|row| (0..columns).map(|column| (row, column)).collect()).collect();
        for row in 0..rows {
            for column in 0..columns {
                let (right, below) = self.parted(row, column);
                let owner = owners[row][column];
                if !right && column + 1 < columns && owners[row][column + 1] == (row, column + 1) {
                    owners[row][column + 1] = owner;
                }
                if !below && row + 1 < rows && owners[row + 1][column] == (row + 1, column) {
                    owners[row + 1][column] = owner;
                }
            }
        }
        owners
    }

    /// The lines of each cell; those of merged cells stand in their first.
    fn filled(&self, owners: &[Vec<(usize, usize)>], lines: &[Segment]) -> Vec<Row> {
        let mut cells = vec![vec![Vec::new(); self.xs.len() - 1]; self.ys.len() - 1];
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.edge.is_none()) {
            let bounds = &line.bounds;
            let middle = (bounds.left.midpoint(bounds.right), bounds.top.midpoint(bounds.bottom));
            let Some((row, column)) = self.cell(middle.0, middle.1) else { continue };
            let (row, column) = owners[row][column];
            cells[row][column].push(at);
        }
        cells
    }

    /// The table that it is, or those that stand in its cells.
    fn tables(&self, lines: &[Segment]) -> Vec<Table> {
        let owners = self.owners();
        let cells = self.filled(&owners, lines);
        let inner = tables::in_cells(cells.iter().flatten(), lines);
        inner.unwrap_or_else(|| self.table(cells, &owners, lines).into_iter().collect())
    }

    fn table(&self, cells: Vec<Row>, owners: &[Vec<(usize, usize)>], lines: &[Segment]) -> Option<Table> {
        let rows = rows_of(cells, owners, lines);
        let filled = rows.iter().flatten().filter(|cell| !cell.is_empty()).count();
        let held: Vec<usize> = rows.iter().flatten().flatten().copied().collect();
        let characters: usize = held.iter().map(|line| lines[*line].text.len()).sum();
        let used =
            (0..self.xs.len() - 1).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).count();
        if rows.len() < 2 || used < 2 || characters > filled * CELL_CHARACTERS_MAX {
            return None;
        }
        Some(Table { bounds: self.bounds(), rows: tables::texts(&rows, lines), lines: held })
    }
}

/// Rows with text. One that is as high as many lines, of which each has several cells, is many rows without rules between them.
fn rows_of(cells: Vec<Vec<Vec<usize>>>, owners: &[Vec<(usize, usize)>], lines: &[Segment]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, row) in cells.into_iter().enumerate() {
        let is_whole = owners[at].iter().all(|owner| owner.0 == at);
        match tables::split(&row, lines).filter(|_| is_whole) {
            Some(split) => rows.extend(split),
            None => rows.push(row),
        }
    }
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    rows
}

fn extend(places: &mut Vec<f32>, from: f32, to: f32) {
    if places.first().is_none_or(|first| from < first - SAME_RULE * 2.0) {
        places.insert(0, from);
    }
    if places.last().is_none_or(|last| to > last + SAME_RULE * 2.0) {
        places.push(to);
    }
}
