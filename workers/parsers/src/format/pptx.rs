//! PPTX: slides in a ZIP package, one page each, in the order they are shown: titles as headings, bullets as lists, tables,
//! links, diagrams and speaker's notes. Hidden slides stay hidden.

use event_model::{BlockKind, ParsedDocument};

use self::slide::Slide;
use super::{
    package::{Package, Relationships},
    xml::{self, Item, malformed},
};
use crate::{DocumentBuilder, DocumentParser, Rejection, RichText, Sniffed, Source};

mod slide;

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// See the module.
#[derive(Debug)]
pub(crate) struct Pptx;

impl DocumentParser for Pptx {
    fn name(&self) -> &'static str {
        "pptx"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.zip_members.iter().any(|name| name.starts_with("ppt/"))
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut package = Package::open(bytes)?;
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        let roots = package.relationships("")?;
        let main =
            roots.target("/officeDocument").ok_or_else(|| malformed("it does not name its main part"))?;
        let text = package.part(&main)?.ok_or_else(|| malformed("its main part is missing"))?;
        let parts = package.relationships(&main)?;
        package.read_properties(&roots, &mut builder)?;
        let mut slides = Vec::new();
        xml::elements(&text, |element| {
            if element.is("sldId") {
                slides.extend(element.relationship());
            }
        })?;
        builder.pages(u32::try_from(slides.len()).unwrap_or(u32::MAX));
        for (page, id) in (1..).zip(&slides) {
            if let Some(path) = parts.part(id) {
                append(path, page, &mut package, &mut builder)?;
            }
        }
        builder.finish()
    }
}

fn append(
    path: &str,
    page: u32,
    package: &mut Package<'_>,
    builder: &mut DocumentBuilder,
) -> Result<(), Rejection> {
    let Some(text) = package.part(path)? else { return Ok(()) };
    let parts = package.relationships(path)?;
    let mut hidden = false;
    xml::first(&text, |root| hidden = root.attribute("show").is_some_and(|show| show == "0"))?;
    if hidden {
        return Ok(());
    }
    Slide::new(&parts, page, builder).read(&text)?;
    for name in parts.targets("/diagramData") {
        let words = words_of(&package.part(&name)?.unwrap_or_default())?;
        for words in &words {
            builder.list_item(0, None, None, words, Some(page));
        }
    }
    append_notes(&parts, page, package, builder)?;
    for name in parts.targets("/comments") {
        for text in words_of(&package.part(&name)?.unwrap_or_default())? {
            builder.block(BlockKind::Comment { author: None }, &text, Some(page));
        }
    }
    Ok(())
}

/// What the speaker has before them: the body of the notes page, not its picture of the slide and its number.
fn append_notes(
    parts: &Relationships,
    page: u32,
    package: &mut Package<'_>,
    builder: &mut DocumentBuilder,
) -> Result<(), Rejection> {
    let text = package.part_of(parts, "/notesSlide")?;
    let (mut is_body, mut in_text, mut notes) = (false, false, RichText::default());
    xml::items(&text, |item| {
        match item {
            Item::Start(element) => match element.local() {
                "sp" => is_body = false,
                "ph" => is_body = element.attribute("type").is_some_and(|kind| kind == "body"),
                "t" => in_text = is_body,
                _ => {}
            },
            Item::End("t") => in_text = false,
            Item::End("p") if is_body => notes.push("\n"),
            Item::Text(part) if in_text => notes.push(part),
            _ => {}
        }
        Ok(())
    })?;
    builder.block(BlockKind::Quote { alert: Some("note".to_owned()) }, notes, Some(page));
    Ok(())
}

/// The texts of a diagram's points or of comments: of each element that holds some, its words.
fn words_of(text: &str) -> Result<Vec<String>, Rejection> {
    let (mut all, mut words, mut in_text) = (Vec::new(), String::new(), false);
    xml::items(text, |item| {
        match item {
            Item::Start(element) if matches!(element.local(), "t" | "text") => in_text = true,
            Item::Text(part) if in_text => words.push_str(part),
            Item::End("t" | "text") => in_text = false,
            Item::End("pt" | "cm") => all.push(std::mem::take(&mut words)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(all)
}
