//! A page as we read it: its lines, and the blocks that they make.

use event_model::Bounds;

use super::{
    aligned,
    annotations::{Link, Remark},
    interpreter::Shown,
    nesting,
    reading_order::{self, Group},
    ruled,
    segment::{Edge, Segment},
    tables,
};

/// Artifacts this near to an edge, in parts of the height, are running heads and page numbers; others are kept as text.
const EDGE: f32 = 0.12;
/// Text farther off than this from the corner of the page, in points, comes from damage; the largest pages have 14,400.
const REACH_MAX: f32 = 30_000.0;
/// On pages of more blocks nobody looks for headings by what is around them.
const COMPARED_MAX: usize = 600;
/// Blocks of as many lines are no headings.
const SHORT: usize = 5;

/// Our reading of a page.
#[derive(Debug)]
pub(super) struct Sheet {
    pub number: u32,
    pub label: Option<String>,
    pub shown: Shown,
    pub lines: Vec<Segment>,
    pub links: Vec<Link>,
    pub remarks: Vec<Remark>,
    /// The blocks in reading order, once they were arranged.
    pub groups: Vec<Group>,
}

impl Sheet {
    /// Whether unpdf must not see it: it recurses into every bracket, and draws up tables as large as the area that text covers.
    pub(super) fn is_dangerous(&self) -> bool {
        self.shown.nesting > nesting::DEPTH_MAX || self.shown.reach > REACH_MAX
    }

    /// Takes what the document itself sets apart for what is repeated on pages, where it stands at an edge.
    pub(super) fn set_apart(&mut self) {
        let height = self.shown.height;
        for line in self.lines.iter_mut().filter(|line| line.is_artifact && line.edge.is_none()) {
            if line.bounds.bottom < height * EDGE {
                line.edge = Some(Edge::Top);
            } else if line.bounds.top > height * (1.0 - EDGE) {
                line.edge = Some(Edge::Bottom);
            }
        }
    }

    /// Finds tables and makes blocks of the other lines.
    pub(super) fn arrange(&mut self) {
        let mut taken = vec![false; self.lines.len()];
        let mut found = tables::tagged(&self.lines);
        let take = |tables: &[tables::Table], taken: &mut Vec<bool>| {
            tables.iter().flat_map(|table| &table.lines).for_each(|line| taken[*line] = true);
        };
        take(&found, &mut taken);
        let ruled: Vec<tables::Table> = ruled::tables(&self.shown.rules, &self.lines)
            .into_iter()
            .filter(|table| !table.lines.iter().any(|line| taken[*line]))
            .collect();
        take(&ruled, &mut taken);
        found.extend(ruled);
        let free: Vec<usize> = (0..taken.len()).filter(|line| !taken[*line]).collect();
        let aligned = aligned::tables(&self.lines, &free);
        take(&aligned, &mut taken);
        found.extend(aligned);
        let rest = self.lines.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(line, _)| line.clone());
        self.groups = reading_order::groups(rest.collect(), found);
        if self.groups.len() <= COMPARED_MAX {
            self.compare();
        }
    }

    /// Notes of each short block what stands beside it, and how clear it stands.
    fn compare(&mut self) {
        let bounds: Vec<Bounds> = self.groups.iter().map(|group| group.bounds).collect();
        for (at, group) in self.groups.iter_mut().enumerate().filter(|(_, group)| group.lines.len() < SHORT) {
            let own = bounds[at];
            let size = group.size().max(1.0);
            let (mut above, mut below) = (f32::MAX, f32::MAX);
            for (_, other) in bounds.iter().enumerate().filter(|(other, _)| *other != at) {
                let is_level = other.top < own.bottom - 0.3 * size && own.top + 0.3 * size < other.bottom;
                if is_level {
                    group.beside += 1;
                } else if other.left < own.right && own.left < other.right {
                    if other.top < own.top {
                        above = above.min(own.top - other.bottom);
                    } else {
                        below = below.min(other.top - own.bottom);
                    }
                }
            }
            group.clear = (above / size, below / size);
        }
    }
}
