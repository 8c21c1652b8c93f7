//! Lines to blocks, and blocks in the order in which they are read: columns first, where a gap runs through all of them.

use event_model::Bounds;

use super::{
    hyphens,
    lines::{Segment, around},
};

/// Lines of one block stand no farther apart than this, in sizes of the font.
const LINE_GAP: f32 = 0.75;
/// More blocks than this on a page are read from top to bottom.
const BLOCKS_MAX: usize = 2_000;
const RECENT: usize = 200;
/// Narrower gaps do not part columns, in points.
const COLUMN_GAP_POINTS: f32 = 4.0;

/// Lines that belong together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub lines: Vec<Segment>,
    pub bounds: Bounds,
}

impl Group {
    /// The text of the lines; a word that was divided at the end of a line is whole again.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            if hyphens::parts(&text, &line.text).is_some() {
                text.pop();
            } else if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&line.text);
        }
        text
    }
}

/// The blocks of a page in reading order.
pub(super) fn groups(lines: Vec<Segment>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in lines {
        // Only the last ones can still grow; looking through all of them on a page of thousands would take too long.
        let recent = groups.len().saturating_sub(RECENT);
        let place = groups[recent..].iter().rposition(|group| continues(group, &line)).map(|at| at + recent);
        match place {
            Some(at) => {
                groups[at].bounds = around(&groups[at].bounds, &line.bounds);
                groups[at].lines.push(line);
            }
            None => groups.push(Group { bounds: line.bounds, lines: vec![line] }),
        }
    }
    if groups.len() > BLOCKS_MAX { from_top(groups) } else { in_order(groups) }
}

/// A page of thousands of blocks is a drawing or a table without rules: the order of its lines has to do.
fn from_top(groups: Vec<Group>) -> Vec<Group> {
    let mut groups = groups;
    groups
        .sort_by(|a, b| a.bounds.top.total_cmp(&b.bounds.top).then(a.bounds.left.total_cmp(&b.bounds.left)));
    groups
}

fn continues(group: &Group, line: &Segment) -> bool {
    let Some(last) = group.lines.last() else { return false };
    let (above, below) = (&last.bounds, &line.bounds);
    let shared = above.right.min(below.right) - above.left.max(below.left);
    let narrow = (above.right - above.left).min(below.right - below.left).max(1.0);
    let gap = below.top - above.bottom;
    let sizes = last.size.max(line.size) / last.size.min(line.size).max(0.1);
    last.turn == line.turn
        && last.edge == line.edge
        && line.turn == 0
        && shared > narrow * 0.5
        && gap > -0.5 * line.size
        && gap < LINE_GAP * last.size.min(line.size)
        && sizes < 1.2
}

fn in_order(groups: Vec<Group>) -> Vec<Group> {
    let mut ordered = Vec::with_capacity(groups.len());
    let mut waiting = vec![groups];
    while let Some(set) = waiting.pop() {
        if set.len() < 2 {
            ordered.extend(set);
            continue;
        }
        let (first, second) = parted(set);
        if second.is_empty() {
            ordered.extend(from_top(first));
        } else {
            waiting.push(second);
            waiting.push(first);
        }
    }
    ordered
}

/// Left and right of the widest gap that runs from top to bottom, or else above and below the first that runs across.
fn parted(mut set: Vec<Group>) -> (Vec<Group>, Vec<Group>) {
    set.sort_by(|a, b| a.bounds.left.total_cmp(&b.bounds.left));
    let gaps = gaps(&set, |bounds| (bounds.left, bounds.right));
    let widest =
        gaps.into_iter().filter(|(_, gap)| *gap > COLUMN_GAP_POINTS).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((at, _)) = widest {
        let right = set.split_off(at);
        return (set, right);
    }
    set.sort_by(|a, b| a.bounds.top.total_cmp(&b.bounds.top));
    let first =
        self::gaps(&set, |bounds| (bounds.top, bounds.bottom)).into_iter().find(|(_, gap)| *gap > 0.0);
    let below = first.map(|(at, _)| set.split_off(at)).unwrap_or_default();
    (set, below)
}

/// The gap before each group but the first, along one axis, for groups sorted along it.
fn gaps(set: &[Group], side: impl Fn(&Bounds) -> (f32, f32)) -> Vec<(usize, f32)> {
    let mut reached = f32::NEG_INFINITY;
    let mut found = Vec::with_capacity(set.len());
    for (at, group) in set.iter().enumerate() {
        let (start, end) = side(&group.bounds);
        if at > 0 {
            found.push((at, start - reached));
        }
        reached = reached.max(end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, left: f32, top: f32, width: f32) -> Segment {
        let bounds = Bounds { left, top, right: left + width, bottom: top + 10.0 };
        Segment { text: text.into(), bounds, size: 10.0, turn: 0, edge: None }
    }

    #[test]
    fn columns_under_a_title_are_read_one_after_the_other() {
        let page = vec![
            line("Title over both", 50.0, 20.0, 400.0),
            line("left col-", 50.0, 60.0, 180.0),
            line("right one", 270.0, 60.0, 180.0),
            line("umn goes on", 50.0, 72.0, 180.0),
            line("right two", 270.0, 72.0, 180.0),
        ];
        let texts: Vec<String> = groups(page).iter().map(Group::text).collect();
        assert_eq!(texts, ["Title over both", "left column goes on", "right one right two"]);
    }
}
