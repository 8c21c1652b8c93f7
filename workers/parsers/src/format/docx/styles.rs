//! Styles: which paragraphs are headings, code or quotations, which carry a numbering, and which runs are code, bold or italic.
//! Built-in styles have English names in every language of Word, so names decide and ids are the fallback.

use std::{cell::OnceCell, collections::BTreeMap, ops::Range};

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
    /// What it makes of a paragraph, once somebody asked.
    role: OnceCell<Role>,
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

/// The styles of a document, each read once somebody asks for it: most documents use a few of a hundred.
pub(super) struct Styles<'a> {
    text: &'a str,
    /// Where each is, by its id, and what was read.
    styles: BTreeMap<String, (Range<usize>, OnceCell<Style>)>,
}

impl<'a> Styles<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Rejection> {
        let mut styles = BTreeMap::new();
        xml::items_beside(&["style", "latentStyles"], text, |item| {
            if let Item::Start(element) = item
                && element.is("style")
            {
                let id = element.attribute("styleId").unwrap_or_default();
                styles.insert(id, (element.content(), OnceCell::new()));
            }
            Ok(())
        })?;
        Ok(Self { text, styles })
    }

    fn get(&self, id: &str) -> Option<&Style> {
        let (content, style) = self.styles.get(id)?;
        Some(style.get_or_init(|| Style::read(&self.text[content.clone()])))
    }

    fn ancestry(&self, id: &str) -> impl Iterator<Item = &Style> {
        let parent = |style: &&Style| style.based_on.as_ref().and_then(|id| self.get(id));
        std::iter::successors(self.get(id), parent).take(ANCESTORS_MAX)
    }

    /// The role of a style id.
    pub(super) fn role(&self, id: &str) -> Role {
        let Some(style) = self.get(id) else {
            return role_of_name(&id.to_lowercase()).unwrap_or(Role::Plain);
        };
        let role = |style: &Style| {
            role_of_name(&style.name).or_else(|| {
                style.outline_level.filter(|level| *level < 9).map(|level| Role::Heading(level.min(5) + 1))
            })
        };
        *style.role.get_or_init(|| self.ancestry(id).find_map(role).unwrap_or(Role::Plain))
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
    /// Reads the content of a style. What stands behind damage is not read, and costs only what it would have said.
    fn read(content: &str) -> Self {
        let mut style = Self::default();
        // The conditional formats of a table style hold for some of its cells only.
        let read = xml::items_beside(&["tblStylePr"], content, |item| {
            if let Item::Start(element) = item {
                style.property(element);
            }
            Ok(())
        });
        read.ok();
        style
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = r#"<w:styles>
        <w:latentStyles><w:lsdException w:name="heading 1"/></w:latentStyles>
        <w:style w:styleId="Kopf"><w:name w:val="heading 2"/></w:style>
        <w:style w:styleId="Sub"><w:basedOn w:val="Kopf"/><w:name w:val="Own"/></w:style>
        <w:style w:styleId="Grid"><w:name w:val="Grid"/><w:tblStylePr><w:rPr><w:b/></w:rPr></w:tblStylePr><w:rPr><w:i/></w:rPr></w:style>
        <w:style w:styleId="Torn"><w:name w:val="title"/><w:rPr></w:b></w:rPr><w:outlineLvl w:val="0"/></w:style>
        <w:style w:styleId="Empty"/>
        </w:styles>"#;

    #[test]
    fn each_style_says_what_stands_in_it() {
        let styles = Styles::read(PART).unwrap();
        assert_eq!((styles.role("Kopf"), styles.role("Sub")), (Role::Heading(2), Role::Heading(2)));
        assert_eq!((styles.role("Empty"), styles.role("nowhere")), (Role::Plain, Role::Plain));
        let grid = styles.look("Grid");
        assert!(grid.emphasis && !grid.strong, "bold is for some of its cells");
    }

    #[test]
    fn damage_in_one_style_costs_what_stands_behind_it_there() {
        let styles = Styles::read(PART).unwrap();
        assert_eq!((styles.role("Torn"), styles.role("Kopf")), (Role::Title, Role::Heading(2)));
        assert!(Styles::read("<w:styles><w:style>").is_err(), "the part is cut short");
    }
}
