//! Styles: which paragraphs are headings, code or quotations, which carry a numbering, and which runs are code, bold or italic.
//! Built-in styles have English names in every language of Word, so names decide and ids are the fallback.

use std::collections::BTreeMap;

use super::{
    numbering::NumberingRef,
    paragraph::Look,
    xml::{self, Element, Item},
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
    look: Look,
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
        // Conditional formats of table styles: what they say holds for some cells only.
        let mut conditional = 0_usize;
        xml::items(text, |item| {
            match item {
                Item::Start(element) if element.is("style") => {
                    current = Some((element.attribute("styleId").unwrap_or_default(), Style::default()));
                }
                Item::Start(element) if element.is("tblStylePr") => conditional += 1,
                Item::Start(element) => {
                    if let Some((_, style)) = current.as_mut().filter(|_| conditional == 0) {
                        style.property(element);
                    }
                }
                Item::End("style") => styles.extend(current.take()),
                Item::End("tblStylePr") => conditional = conditional.saturating_sub(1),
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

    /// How a run of a character style looks.
    pub(super) fn look(&self, id: &str) -> Look {
        let mut look = Look { code: is_code(&id.to_lowercase()), ..Look::default() };
        for style in self.ancestry(id) {
            look.code |= is_code(&style.name);
            look.strong |= style.look.strong;
            look.emphasis |= style.look.emphasis;
        }
        look
    }
}

impl Style {
    fn property(&mut self, element: &Element<'_>) {
        let number = || element.val().and_then(|value| value.parse().ok());
        match element.local() {
            "name" => self.name = element.val().unwrap_or_default().to_lowercase(),
            "basedOn" => self.based_on = element.val(),
            "outlineLvl" => self.outline_level = number(),
            "ilvl" => self.numbering.level = number(),
            "numId" => self.numbering.id = element.val(),
            _ => drop(self.look.take(element)),
        }
    }
}

fn role_of_name(name: &str) -> Option<Role> {
    if let Some(level) = name.strip_prefix("heading") {
        return level.trim().parse::<u8>().ok().map(|level| Role::Heading(level.clamp(1, 6)));
    }
    match name {
        "title" => Some(Role::Title),
        "subtitle" => Some(Role::Heading(2)),
        "quote" | "intense quote" | "intensequote" | "block text" | "blocktext" | "quotations" => {
            Some(Role::Quote)
        }
        "macro text" | "preformatted text" => Some(Role::Code),
        _ => is_code(name).then_some(Role::Code),
    }
}

/// Names that Word, other programs and people give to styles for code; of paragraphs and of runs.
fn is_code(name: &str) -> bool {
    matches!(
        name,
        "source code"
            | "sourcecode"
            | "code"
            | "code block"
            | "codeblock"
            | "code char"
            | "inline code"
            | "source text"
            | "html preformatted"
            | "htmlpreformatted"
            | "html code"
            | "htmlcode"
            | "html typewriter"
            | "html keyboard"
            | "html sample"
            | "verbatim"
            | "verbatim char"
            | "verbatimchar"
            | "program listing"
    )
}
