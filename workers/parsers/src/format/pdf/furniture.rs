//! What is repeated at the upper and lower edges of pages: running heads, page numbers, notices.

use std::collections::HashMap;

use super::lines::{Edge, Segment};

/// The part of a page's height in which furniture stands, at either end.
const EDGE: f32 = 0.1;
/// It stands on at least this part of the pages (left and right pages have heads of their own), and on three, or on both of two.
const PAGES_PART: usize = 4;
const PAGES_MIN: usize = 3;
/// Nothing longer is furniture.
const CHARACTERS_MAX: usize = 200;

/// Marks the furniture of a document, given the lines and the height of each page.
pub(super) fn mark(pages: &mut [(Vec<Segment>, f32)]) {
    let mut seen: HashMap<(bool, String), (usize, usize)> = HashMap::new();
    for (number, (lines, height)) in pages.iter().enumerate() {
        for key in lines.iter().filter_map(|line| key(line, *height)) {
            let (last, count) = seen.entry(key).or_insert((usize::MAX, 0));
            if *last != number {
                (*last, *count) = (number, *count + 1);
            }
        }
    }
    let enough = (pages.len() / PAGES_PART).max(PAGES_MIN).min(pages.len().max(2));
    for (lines, height) in pages {
        for line in lines {
            let Some(key) = key(line, *height) else { continue };
            let edge = if key.0 { Edge::Top } else { Edge::Bottom };
            if seen.get(&key).is_some_and(|(_, count)| *count >= enough) {
                line.edge = Some(edge);
            }
        }
    }
}

/// What makes two lines the same furniture: the edge and the text, whatever its numbers are.
fn key(line: &Segment, height: f32) -> Option<(bool, String)> {
    let at_top = line.bounds.bottom < height * EDGE;
    let at_bottom = line.bounds.top > height * (1.0 - EDGE);
    if !(at_top || at_bottom) || line.text.len() > CHARACTERS_MAX {
        return None;
    }
    let mut key = String::with_capacity(line.text.len());
    for character in line.text.chars().filter(|character| !character.is_whitespace()) {
        match character {
            '0'..='9' if key.ends_with('#') => {}
            '0'..='9' => key.push('#'),
            character => key.extend(character.to_lowercase()),
        }
    }
    Some((at_top, key))
}
