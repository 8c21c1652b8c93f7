//! Headers and footers: what stands on every page, each text once.

use super::{
    package::Package,
    story::{self, Context, Section},
    xml,
};
use crate::{Rejection, RichText};

/// Texts at the top and at the bottom of pages.
#[derive(Default)]
pub(super) struct Margins {
    pub(super) headers: Vec<RichText>,
    pub(super) footers: Vec<RichText>,
}

impl Margins {
    pub(super) fn read(
        package: &mut Package<'_>,
        context: Context<'_>,
        sections: &[Section],
    ) -> Result<Self, Rejection> {
        let of_even_pages = |section: &Section| {
            section.headers.iter().chain(&section.footers).any(|(pages, _)| pages == "even")
        };
        let even = sections.iter().any(of_even_pages) && has_even_pages(package, context)?;
        let mut margins = Self::default();
        let mut seen = Vec::new();
        for section in sections {
            // References to headers of pages that are not set apart stay behind in documents.
            let shown = |pages: &str| match pages {
                "first" => section.own_first_page,
                "even" => even,
                _ => true,
            };
            let headers = section.headers.iter().map(|header| (true, header));
            for (top, (pages, id)) in headers.chain(section.footers.iter().map(|footer| (false, footer))) {
                let Some(part) = context.relationships.part(id).filter(|_| shown(pages)) else { continue };
                if !seen.iter().any(|other| other == part) {
                    seen.push(part.to_owned());
                    let texts = if top { &mut margins.headers } else { &mut margins.footers };
                    add(text_of(package, context, part)?, texts);
                }
            }
        }
        Ok(margins)
    }
}

/// Whether even pages have headers and footers of their own.
fn has_even_pages(package: &mut Package<'_>, context: Context<'_>) -> Result<bool, Rejection> {
    let mut even = false;
    xml::elements(&package.part_of(context.relationships, "/settings")?, |element| {
        even = even
            || (element.is("evenAndOddHeaders") && !matches!(element.val().as_deref(), Some("0" | "false")));
    })?;
    Ok(even)
}

/// A number alone is the page's, and says nothing.
fn add(text: RichText, texts: &mut Vec<RichText>) {
    let says = text.as_str().contains(char::is_alphabetic);
    if says && !texts.iter().any(|other| other.as_str().trim() == text.as_str().trim()) {
        texts.push(text);
    }
}

fn text_of(package: &mut Package<'_>, context: Context<'_>, part: &str) -> Result<RichText, Rejection> {
    let text = package.part(part)?.unwrap_or_default();
    let relationships = package.relationships(part)?;
    let story = story::read(&text, Context { relationships: &relationships, ..context })?;
    Ok(story::text_of(story.pieces))
}
