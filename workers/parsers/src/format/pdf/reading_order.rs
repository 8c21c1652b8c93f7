//! Lines to blocks, and blocks in the order in which they are read: columns first, where a gap runs through all of them.

use event_model::{Bounds, SpanStyle};

use super::{
    annotations::Link,
    hyphens, list,
    segment::{Segment, around},
    tables::Table,
    tagging::Role,
};
use crate::rich_text::RichText;

/// Lines of one block stand no farther apart than this, in sizes of the font.
const LINE_GAP: f32 = 0.75;
/// Lines of one block differ less than this in size.
const SAME_SIZE: f32 = 1.12;
/// More blocks than this on a page are read from top to bottom.
const BLOCKS_MAX: usize = 2_000;
const RECENT: usize = 200;
/// Narrower gaps do not part columns, in points.
const COLUMN_GAP_POINTS: f32 = 4.0;

/// Lines that belong together, or a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub lines: Vec<Segment>,
    pub bounds: Bounds,
    pub table: Option<Table>,
    /// What a tagged document calls it.
    pub role: Option<Role>,
    /// Its level, once it was found to be a heading.
    pub heading: Option<u8>,
    /// Other blocks that stand at its height.
    pub beside: usize,
    /// White space above and below it, in sizes of its font.
    pub clear: (f32, f32),
}

impl Group {
    /// The text of the lines; a word that was divided at the end of a line is whole again.
    pub(super) fn text(&self) -> String {
        hyphens::together(self.lines.iter().map(|line| line.text.as_str()))
    }

    /// The same without its first `skipped` bytes, with its links.
    pub(super) fn rich(&self, skipped: usize, links: &[Link]) -> RichText {
        let mut rich = RichText::default();
        let mut open: Option<(usize, usize)> = None;
        for (at, line) in self.lines.iter().enumerate() {
            let text = line.text.as_str();
            let next = self.lines.get(at + 1);
            let is_divided = next.is_some_and(|next| hyphens::parts(text, &next.text).is_some());
            let end = text.len() - usize::from(is_divided);
            let mut from = if at == 0 { skipped.min(end) } else { 0 };
            for (range, link) in &line.links {
                rich.push(&text[from.min(range.start)..range.start.min(end).max(from)]);
                let goes_on = open.is_some_and(|(_, same)| same == *link) && range.start == 0;
                if let Some((start, link)) = open.take_if(|_| !goes_on) {
                    mark(&mut rich, start, link, links);
                }
                open.get_or_insert((rich.place(), *link));
                from = range.end.min(end).max(from);
                rich.push(&text[range.start.min(from)..from]);
                if range.end < end
                    && let Some((start, link)) = open.take()
                {
                    mark(&mut rich, start, link, links);
                }
            }
            rich.push(&text[from..end]);
            if next.is_some() && !is_divided {
                rich.push(" ");
            }
        }
        if let Some((start, link)) = open {
            mark(&mut rich, start, link, links);
        }
        rich
    }

    /// The size of its font.
    pub(super) fn size(&self) -> f32 {
        self.lines.first().map_or(0.0, |line| line.size)
    }
}

fn mark(rich: &mut RichText, start: usize, link: usize, links: &[Link]) {
    if let Some(link) = links.get(link) {
        rich.mark(start, SpanStyle::Link { target: link.target.clone() });
    }
}

/// The blocks of a page in reading order. Lines of tables are not among `lines`.
pub(super) fn groups(lines: Vec<Segment>, tables: Vec<Table>) -> Vec<Group> {
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
            None => groups.push(Group {
                bounds: line.bounds,
                role: line.role,
                lines: vec![line],
                ..Group::default()
            }),
        }
    }
    groups.extend(tables.into_iter().map(|table| Group {
        bounds: table.bounds,
        table: Some(table),
        ..Group::default()
    }));
    if groups.len() > BLOCKS_MAX { from_top(groups) } else { over_columns(in_order(groups)) }
}

/// Joins a block with the next one if a word is divided between them: the text goes on in the next column.
fn over_columns(ordered: Vec<Group>) -> Vec<Group> {
    let mut joined: Vec<Group> = Vec::with_capacity(ordered.len());
    for group in ordered {
        match joined.last_mut().filter(|last| goes_on(last, &group)) {
            Some(last) => {
                last.bounds = around(&last.bounds, &group.bounds);
                last.lines.extend(group.lines);
            }
            None => joined.push(group),
        }
    }
    joined
}

fn goes_on(group: &Group, next: &Group) -> bool {
    let (Some(last), Some(first)) = (group.lines.last(), next.lines.first()) else { return false };
    let is_text = last.edge.is_none() && first.edge.is_none() && last.turn == 0 && first.turn == 0;
    let sizes = last.size.max(first.size) / last.size.min(first.size).max(0.1);
    is_text && sizes < SAME_SIZE && hyphens::parts(&last.text, &first.text).is_some()
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
    let is_heading = |role: Option<Role>| matches!(role, Some(Role::Heading(_)));
    last.turn == line.turn
        && last.edge == line.edge
        && line.turn == 0
        && shared > narrow * 0.5
        && gap > -0.5 * line.size
        && gap < LINE_GAP * last.size.min(line.size)
        && sizes < SAME_SIZE
        && last.style.bold == line.style.bold
        && is_heading(last.role) == is_heading(line.role)
        && list::marker(&line.text).is_none()
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
        Segment { text: text.into(), bounds, size: 10.0, ..Segment::default() }
    }

    #[test]
    fn columns_under_a_title_are_read_one_after_the_other() {
        let page = vec![
            line("Title over both", 50.0, 20.0, 400.0),
            line("left col-", 50.0, 60.0, 180.0),
            line("ther up", 270.0, 60.0, 180.0),
            line("umn goes on far-", 50.0, 72.0, 180.0),
            line("right two", 270.0, 72.0, 180.0),
            line("right three", 270.0, 100.0, 180.0),
        ];
        let texts: Vec<String> = groups(page, Vec::new()).iter().map(Group::text).collect();
        assert_eq!(texts, ["Title over both", "left column goes on farther up right two", "right three"]);
    }

    #[test]
    fn a_link_goes_on_over_the_end_of_a_line() {
        let link = Link { bounds: Bounds::default(), target: "https://example.org/".into() };
        let mut lines =
            [line("see the long ti-", 50.0, 20.0, 90.0), line("tle of the page", 50.0, 32.0, 90.0)];
        lines[0].links = vec![(8..16, 0)];
        lines[1].links = vec![(0..3, 0)];
        let group = groups(lines.to_vec(), Vec::new()).remove(0);
        let (text, spans) = group.rich(4, &[link]).into_parts();
        assert_eq!(text, "the long title of the page");
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].0, 4..14);
    }
}
