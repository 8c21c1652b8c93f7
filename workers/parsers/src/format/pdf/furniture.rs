//! What is repeated at the upper and lower edges of pages: running heads, page numbers, notices.

use std::collections::HashMap;

use super::{
    segment::{Edge, Segment},
    sheet::Sheet,
};

/// The part of a page's height in which furniture stands, at either end.
const EDGE: f32 = 0.1;
/// Farther in, what stands at the very same place is, too, if it is on most pages.
const FAR: f32 = 0.3;
/// It stands on at least this part of the pages (left and right pages have heads of their own), and on three, or on both of two.
const PAGES_PART: usize = 4;
const PAGES_MIN: usize = 3;
/// Nothing longer is furniture.
const CHARACTERS_MAX: usize = 200;

/// Marks the furniture of a document.
pub(super) fn mark(pages: &mut [Sheet]) {
    let mut seen: HashMap<(bool, String), (usize, usize)> = HashMap::new();
    for (number, page) in pages.iter().enumerate() {
        for key in page.lines.iter().filter_map(|line| key(line, page.shown.height)) {
            let (last, count) = seen.entry(key).or_insert((usize::MAX, 0));
            if *last != number {
                (*last, *count) = (number, *count + 1);
            }
        }
    }
    let enough = (pages.len() / PAGES_PART).max(PAGES_MIN).min(pages.len().max(2));
    let count = pages.len();
    for page in &mut *pages {
        let height = page.shown.height;
        for line in &mut page.lines {
            let Some(key) = key(line, height) else { continue };
            let edge = if key.0 { Edge::Top } else { Edge::Bottom };
            let is_far = line.bounds.bottom > height * EDGE && line.bounds.top < height * (1.0 - EDGE);
            let enough = if is_far { enough.max(count / 2 + 1) } else { enough };
            if seen.get(&key).is_some_and(|(_, count)| *count >= enough) {
                line.edge = Some(edge);
            }
        }
        keep_tables(&mut page.lines, height);
    }
}

/// Cells of a form stand at the same places on every page, too. What is farther from an edge is furniture only if nothing but furniture
/// stands between the two.
fn keep_tables(lines: &mut [Segment], height: f32) {
    let others = || lines.iter().filter(|line| line.edge.is_none());
    let upper = others().map(|line| line.bounds.bottom).fold(height, f32::min);
    let lower = others().map(|line| line.bounds.top).fold(0.0, f32::max);
    for line in lines {
        let is_behind = match line.edge {
            Some(Edge::Top) => line.bounds.bottom > height * EDGE && line.bounds.top >= upper,
            Some(Edge::Bottom) => line.bounds.top < height * (1.0 - EDGE) && line.bounds.bottom <= lower,
            None => false,
        };
        if is_behind {
            line.edge = None;
        }
    }
}

/// What makes two lines the same furniture: the edge and the text, whatever its numbers are, and farther from the edge also the place.
fn key(line: &Segment, height: f32) -> Option<(bool, String)> {
    let at_top = line.bounds.bottom < height * FAR;
    let at_bottom = line.bounds.top > height * (1.0 - FAR);
    if !(at_top || at_bottom) || line.text.len() > CHARACTERS_MAX {
        return None;
    }
    let mut key = String::with_capacity(line.text.len());
    if line.bounds.bottom > height * EDGE && line.bounds.top < height * (1.0 - EDGE) {
        key = format!("{:.0} {:.0} ", line.bounds.left / 4.0, line.bounds.top / 4.0);
    }
    for character in line.text.chars().filter(|character| !character.is_whitespace()) {
        match character {
            '0'..='9' if key.ends_with('#') => {}
            '0'..='9' => key.push('#'),
            character => key.extend(character.to_lowercase()),
        }
    }
    Some((at_top, key))
}

#[cfg(test)]
mod tests {
    use event_model::Bounds;

    use super::*;

    #[test]
    fn what_stands_behind_text_of_the_page_is_no_furniture() {
        let line = |top: f32, edge: Option<Edge>| {
            let bounds = Bounds { left: 50.0, top, right: 200.0, bottom: top + 10.0 };
            Segment { bounds, edge, size: 10.0, ..Segment::default() }
        };
        let (head, foot) = (Some(Edge::Top), Some(Edge::Bottom));
        let mut lines = [
            line(30.0, head),
            line(120.0, head),
            line(150.0, None),
            line(160.0, head),
            line(600.0, foot),
            line(640.0, None),
            line(680.0, foot),
            line(760.0, foot),
        ];
        keep_tables(&mut lines, 800.0);
        let kept: Vec<bool> = lines.iter().map(|line| line.edge.is_some()).collect();
        assert_eq!(kept, [true, true, false, false, false, false, true, true]);
    }
}
