//! The lists a paragraph is inside of, and how far each has counted.

use std::collections::BTreeMap;

use super::styles::Styles;
use crate::format::xml::Element;

struct Level {
    style: String,
    next: Option<u64>,
}

struct Item {
    number: Option<u64>,
}

/// Open lists, outermost first.
#[derive(Default)]
pub(super) struct Lists {
    open: Vec<Level>,
    /// Where the lists of a style left off, for one that goes on.
    left_off: BTreeMap<(String, usize), u64>,
    /// The item whose first paragraph is still to come.
    item: Option<Item>,
}

impl Lists {
    pub(super) fn start(&mut self, element: &Element<'_>, styles: &Styles) {
        let inherited = || self.open.last().map(|level| level.style.clone());
        let style = element.attribute("style-name").or_else(inherited).unwrap_or_default();
        let level = self.open.len() + 1;
        let goes_on = element.attribute("continue-numbering").is_some_and(|value| value == "true")
            || element.attribute("continue-list").is_some();
        let next = styles.first_number(&style, level).map(|first| {
            let left_off = self.left_off.get(&(style.clone(), level)).copied();
            left_off.filter(|_| goes_on).unwrap_or(first)
        });
        self.open.push(Level { style, next });
    }

    pub(super) fn end(&mut self) {
        let level = self.open.len();
        if let Some(Level { style, next: Some(next) }) = self.open.pop() {
            self.left_off.insert((style, level), next);
        }
        self.item = None;
    }

    pub(super) fn start_item(&mut self, element: &Element<'_>) {
        let stated = element.attribute("start-value").and_then(|value| value.parse().ok());
        let Some(level) = self.open.last_mut() else { return };
        let number = level.next.map(|next| stated.unwrap_or(next));
        level.next = number.map(|number| number.saturating_add(1));
        self.item = Some(Item { number });
    }

    /// Depth and number, if a paragraph is the first of an item.
    pub(super) fn take_item(&mut self) -> Option<(u8, Option<u64>)> {
        let depth = u8::try_from(self.open.len().saturating_sub(1)).unwrap_or(u8::MAX);
        self.item.take().map(|item| (depth, item.number))
    }
}
