//! Paragraph styles: which are headings, code or quotations, and which carry a numbering. Built-in styles have English names
//! in every language of Word, so names decide and ids are the fallback.

use std::collections::BTreeMap;

use super::{
    numbering::NumberingRef,
    xml::{self, Item},
};
use crate::Rejection;

/// Following `basedOn` further than this is following a circle.
const ANCESTORS_MAX: usize = 20;

#[derive(Clone, Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline_level: Option<u8>,
    numbering: NumberingRef,
}

/// What a paragraph's style makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Heading(u8),
    Title,
    Code,
    Quote,
    Plain,
}

#[derive(Default)]
pub(super) struct Styles(BTreeMap<String, Style>);

impl Styles {
    pub(super) fn read(text: &str) -> Result<Self, Rejection> {
        let mut styles = BTreeMap::new();
        let mut current: Option<(String, Style)> = None;
        xml::items(text, |item| {
            match item {
                Item::Start(element) if element.is("style") => {
                    current = Some((element.attribute("styleId").unwrap_or_default(), Style::default()));
                }
                Item::Start(element) => {
                    if let Some((_, style)) = &mut current {
                        let number = || element.val().and_then(|value| value.parse().ok());
                        match element.local() {
                            "name" => style.name = element.val().unwrap_or_default().to_lowercase(),
                            "basedOn" => style.based_on = element.val(),
                            "outlineLvl" => style.outline_level = number(),
                            "ilvl" => style.numbering.level = number(),
                            "numId" => style.numbering.id = element.val(),
                            _ => {}
                        }
                    }
                }
                Item::End("style") => styles.extend(current.take()),
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self(styles))
    }

    fn ancestry<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Style> {
        let parent = |style: &&'a Style| style.based_on.as_ref().and_then(|id| self.0.get(id));
        std::iter::successors(self.0.get(id), parent).take(ANCESTORS_MAX)
    }

    /// The role of a style id.
    pub(super) fn role(&self, id: &str) -> Role {
        if !self.0.contains_key(id) {
            return role_of_name(&id.to_lowercase()).unwrap_or(Role::Plain);
        }
        let role = |style: &Style| {
            role_of_name(&style.name).or_else(|| {
                style.outline_level.filter(|level| *level < 9).map(|level| Role::Heading(level.min(5) + 1))
            })
        };
        self.ancestry(id).find_map(role).unwrap_or(Role::Plain)
    }

    /// The numbering a style brings along.
    pub(super) fn numbering(&self, id: &str) -> NumberingRef {
        let mut found = NumberingRef::default();
        for style in self.ancestry(id) {
            found.id = found.id.or_else(|| style.numbering.id.clone());
            found.level = found.level.or(style.numbering.level);
        }
        found
    }
}

fn role_of_name(name: &str) -> Option<Role> {
    if let Some(level) = name.strip_prefix("heading") {
        return level.trim().parse::<u8>().ok().map(|level| Role::Heading(level.clamp(1, 6)));
    }
    match name {
        "title" => Some(Role::Title),
        "subtitle" => Some(Role::Heading(2)),
        "source code" | "sourcecode" | "code" | "html preformatted" | "htmlpreformatted" | "verbatim" => {
            Some(Role::Code)
        }
        "quote" | "intense quote" | "intensequote" | "block text" | "blocktext" => Some(Role::Quote),
        _ => None,
    }
}
