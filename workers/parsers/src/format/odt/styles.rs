//! What styles say about text: its weight, what kind of paragraph it is, and how a list counts.

use std::collections::BTreeMap;

use event_model::SpanStyle;

use crate::{Rejection, format::xml};

const PARENTS_MAX: usize = 16;

#[derive(Clone, Default)]
struct Style {
    parent: Option<String>,
    marks: Vec<SpanStyle>,
}

/// Styles by name; later parts complete earlier ones.
#[derive(Default)]
pub(super) struct Styles {
    styles: BTreeMap<String, Style>,
    /// The level's first number for lists that count, by the name of the list's style and the level from 1.
    counting: BTreeMap<(String, usize), u64>,
}

/// What a paragraph's style makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParagraphKind {
    Plain,
    Title,
    Code,
    Quote,
}

impl Styles {
    /// Takes over the styles of a part.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Rejection> {
        let (mut style, mut list) = (String::new(), String::new());
        xml::elements(text, |element| match element.local() {
            "style" => {
                style = element.attribute("name").unwrap_or_default();
                let parent = element.attribute("parent-style-name");
                self.styles.insert(style.clone(), Style { parent, marks: Vec::new() });
            }
            "text-properties" => {
                let says =
                    |name: &str, value: &str| element.attribute(name).is_some_and(|said| said == value);
                let marks = [
                    (says("font-weight", "bold"), SpanStyle::Strong),
                    (says("font-style", "italic"), SpanStyle::Emphasis),
                    (says("text-line-through-style", "solid"), SpanStyle::Strikethrough),
                ];
                if let Some(style) = self.styles.get_mut(&style) {
                    style.marks.extend(marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark));
                }
            }
            "list-style" => list = element.attribute("name").unwrap_or_default(),
            "list-level-style-number"
                if element.attribute("num-format").is_some_and(|format| !format.is_empty()) =>
            {
                let number = |name| element.attribute(name).and_then(|value| value.parse::<u64>().ok());
                let level = usize::try_from(number("level").unwrap_or(1)).unwrap_or(1);
                self.counting.insert((list.clone(), level), number("start-value").unwrap_or(1));
            }
            _ => {}
        })
    }

    /// How a piece of text is marked.
    pub(super) fn marks(&self, name: &str) -> Vec<SpanStyle> {
        if self.lineage(name).any(|name| name == "Source_20_Text" || name == "Teletype") {
            return vec![SpanStyle::Code];
        }
        self.styles.get(name).map(|style| style.marks.clone()).unwrap_or_default()
    }

    pub(super) fn paragraph(&self, name: &str) -> ParagraphKind {
        self.lineage(name)
            .find_map(|name| match name {
                "Title" => Some(ParagraphKind::Title),
                "Preformatted_20_Text" => Some(ParagraphKind::Code),
                "Quotations" => Some(ParagraphKind::Quote),
                _ => None,
            })
            .unwrap_or(ParagraphKind::Plain)
    }

    /// The first number of a list at a level, or nothing if it does not count.
    pub(super) fn first_number(&self, list: &str, level: usize) -> Option<u64> {
        self.counting.get(&(list.to_owned(), level)).copied()
    }

    fn lineage<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let parent = |name: &&'a str| self.styles.get(*name).and_then(|style| style.parent.as_deref());
        std::iter::successors(Some(name), parent).take(PARENTS_MAX)
    }
}
