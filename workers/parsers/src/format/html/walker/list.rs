//! Lists: their items with number, depth and whether they are done; and lists of notes.

use scraper::ElementRef;

use super::{
    super::elements::{attribute, classes},
    Walker,
};

/// A list being read.
#[derive(Debug)]
pub(super) struct List {
    /// The next number; `None` for bullets.
    next: Option<u64>,
    /// Whether its items are the notes at the end of a text.
    notes: bool,
}

/// An item whose text is still to come.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) depth: u8,
    pub(super) number: Option<u64>,
    pub(super) checked: Option<bool>,
}

impl Walker<'_> {
    pub(super) fn list(&mut self, at: usize, numbered: bool) {
        self.flush();
        let element = self.part(at).element;
        let first = attribute(element, "start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
        self.lists.push(List { next: numbered.then_some(first), notes: numbered && self.holds_notes(at) });
        self.children(at);
        self.flush();
        self.lists.pop();
    }

    fn holds_notes(&self, at: usize) -> bool {
        let around = std::iter::once(at).chain(self.reading.page.ancestors(at).take(2));
        around.map(|around| self.part(around).element).any(|element| {
            attribute(element, "role") == Some("doc-endnotes")
                || classes(element)
                    .any(|class| matches!(class, "footnotes" | "footnote-list" | "footnote-definition"))
        })
    }

    pub(super) fn list_item(&mut self, at: usize) {
        self.flush();
        let depth = u8::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let element = self.part(at).element;
        let value = attribute(element, "value").and_then(|value| value.trim().parse().ok());
        let (mut number, mut notes) = (None, false);
        if let Some(list) = self.lists.last_mut() {
            number = list.next.map(|next| value.unwrap_or(next));
            list.next = number.map(|number: u64| number.saturating_add(1));
            notes = list.notes;
        }
        match number {
            Some(number) if notes => self.note = Some(number.to_string()),
            _ => self.item = Some(Item { depth, number, checked: checked(element) }),
        }
        self.children(at);
        self.flush();
        (self.item, self.note) = (None, None);
    }
}

/// The state of the box at the start of an item.
fn checked(item: ElementRef<'_>) -> Option<bool> {
    let inside = item.child_elements().next()?;
    let nested = || inside.child_elements().next();
    let field = Some(inside).into_iter().chain(nested()).find(|element| element.value().name() == "input")?;
    (attribute(field, "type") == Some("checkbox")).then(|| attribute(field, "checked").is_some())
}
