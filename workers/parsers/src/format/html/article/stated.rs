//! Holds the choice against the text that the page states for machines (`articleBody` of JSON-LD). Some pages shorten it, so it never
//! replaces a choice that holds it; but it finds the article where the choice missed it, and is the article where a page shows none.

use std::ops::Range;

use scraper::Node;

use super::{ARTICLE_LETTERS_MIN, Choice, prune};
use crate::format::html::page::Page;

/// How many passages of the stated text are looked for.
const PASSAGES: usize = 9;
const PASSAGE_LETTERS: usize = 24;
/// A text with this share of the passages is the stated one, and one with less than the other is not.
const IS_MIN: usize = 6;
const IS_NOT_MAX: usize = 3;

/// The choice, or the part of the page that holds the stated text when the choice does not.
pub(super) fn checked(page: &Page<'_>, choice: Choice, stated: &str) -> Choice {
    let stated = letters(stated);
    if !is_article(&stated) {
        return choice;
    }
    let text = Text::of(page);
    let found: Vec<usize> = passages(&stated).iter().filter_map(|passage| text.find(passage)).collect();
    let inside = |range: Range<usize>| found.iter().filter(|at| range.contains(at)).count();
    let root = page.part(choice.root);
    if found.len() < IS_MIN || inside(choice.root..root.end) > IS_NOT_MAX {
        return choice;
    }
    let around =
        (0..page.parts.len()).rev().find(|at| inside(*at..page.part(*at).end) >= IS_MIN).unwrap_or_default();
    let mut left_out = prune::site(page);
    left_out[..=around].fill(false);
    prune::inside(page, &mut left_out, around);
    Choice { root: around, left_out, is_article: true }
}

/// Whether the stated text is an article of which the page shows nothing: scripts are to put it there.
pub(in super::super) fn is_only_stated(page: &Page<'_>, stated: &str) -> bool {
    let stated = letters(stated);
    if !is_article(&stated) {
        return false;
    }
    let text = Text::of(page);
    passages(&stated).iter().filter(|passage| text.find(passage).is_some()).count() <= IS_NOT_MAX
}

fn is_article(stated: &str) -> bool {
    stated.chars().count() > ARTICLE_LETTERS_MIN as usize
}

/// Passages of a text, evenly spread.
fn passages(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let last = characters.len().saturating_sub(PASSAGE_LETTERS);
    let passage =
        |nth: usize| characters[nth * last / (PASSAGES - 1)..].iter().take(PASSAGE_LETTERS).collect();
    (0..PASSAGES).map(passage).collect()
}

/// Letters and digits alone, so that signs and spaces make no difference.
fn letters(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The text of a page as letters, and which part each stretch is in.
struct Text {
    letters: String,
    starts: Vec<(usize, usize)>,
}

impl Text {
    fn of(page: &Page<'_>) -> Self {
        let mut text = Self { letters: String::new(), starts: Vec::new() };
        text.part(page, 0);
        text
    }

    fn part(&mut self, page: &Page<'_>, at: usize) {
        let part = page.part(at);
        let mut next = at + 1;
        for child in part.element.children() {
            if let Node::Text(piece) = child.value() {
                self.starts.push((self.letters.len(), at));
                self.letters.push_str(&letters(piece));
            } else if next < part.end && page.part(next).element.id() == child.id() {
                self.part(page, next);
                next = page.part(next).end;
            }
        }
    }

    /// The part in which a passage begins.
    fn find(&self, passage: &str) -> Option<usize> {
        let at = self.letters.find(passage)?;
        let after = self.starts.partition_point(|(start, _)| *start <= at);
        self.starts.get(after.checked_sub(1)?).map(|(_, part)| *part)
    }
}
