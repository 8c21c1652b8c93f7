//! Notices lists of other articles: three or more neighbours of one kind, each a linked title with at most a few words behind it.

use std::collections::HashMap;

use super::super::page::{Kept, Page};

/// Fewer neighbours may be sections of an article with linked titles.
const CARDS_MIN: usize = 3;
/// A linked title has so many letters; fewer are a name or a number of comments.
const TITLE_LETTERS_MIN: u32 = 15;
/// A card says at most this much beside its title.
const PROSE_LETTERS_MAX: f32 = 300.0;

/// Leaves out the cards of a page.
pub(super) fn leave_out(page: &Page<'_>, left_out: &mut [bool]) {
    let kept = Kept::of(page, left_out);
    for at in 0..page.parts.len() {
        if left_out[at] || page.part(at).name() == "tr" {
            continue;
        }
        let cards: Vec<usize> =
            page.children(at).filter(|child| !left_out[*child] && is_card(page, &kept, *child)).collect();
        let mut alike: HashMap<&str, usize> = HashMap::new();
        for card in &cards {
            *alike.entry(page.part(*card).name()).or_default() += 1;
        }
        for card in cards.into_iter().filter(|card| alike[page.part(*card).name()] >= CARDS_MIN) {
            left_out[card..page.part(card).end].fill(true);
        }
    }
}

fn is_card(page: &Page<'_>, kept: &Kept, at: usize) -> bool {
    let part = page.part(at);
    matches!(part.name(), "div" | "li" | "article" | "section" | "a" | "dd" | "figure" | "td")
        && part.all.linked >= TITLE_LETTERS_MIN
        && kept.prose(page, at) <= PROSE_LETTERS_MAX
        && has_linked_title(page, at)
}

/// Whether a block in it, or the link around it, is a link and nothing else.
fn has_linked_title(page: &Page<'_>, at: usize) -> bool {
    let part = page.part(at);
    page.parts[at..part.end].iter().any(|inner| {
        let own = inner.own;
        inner.is_block() && own.linked >= TITLE_LETTERS_MIN && own.linked * 10 >= own.letters * 9
    })
}
