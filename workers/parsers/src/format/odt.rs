//! ODT: text of `LibreOffice` and others in a ZIP package. Headings, lists with their numbers, tables, links, notes, comments,
//! text boxes and words for pictures; tracked deletions are left out.

use event_model::ParsedDocument;

use self::{content::Content, styles::Styles};
use super::{package::Package, xml};
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source};

mod content;
mod list;
mod styles;

const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.text";

/// See the module.
#[derive(Debug)]
pub(crate) struct Odt;

impl DocumentParser for Odt {
    fn name(&self) -> &'static str {
        "odt"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    /// The first member states the type, uncompressed. Templates and master documents state a longer one.
    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.stated_type().is_some_and(|stated| stated.starts_with(MEDIA_TYPE))
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut package = Package::open(bytes)?;
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        let manifest = package.part("META-INF/manifest.xml")?.unwrap_or_default();
        if manifest.contains("encryption-data") {
            return Err(Rejection::new(
                Reason::Encrypted,
                "the document is protected by a password; save a copy without one",
            ));
        }
        let text = package.part("content.xml")?.ok_or_else(|| xml::malformed("it has no content"))?;
        read_metadata(&package.part("meta.xml")?.unwrap_or_default(), &mut builder);
        let mut styles = Styles::default();
        styles.read(&package.part("styles.xml")?.unwrap_or_default())?;
        styles.read(&text)?;
        Content::new(&styles, &mut builder).read(&text)?;
        builder.finish()
    }
}

/// Who wrote it, when, and what they call it; damage costs only what stands behind it.
fn read_metadata(text: &str, builder: &mut DocumentBuilder) {
    let mut value = String::new();
    let read = xml::items(text, |item| {
        match item {
            xml::Item::Start(element) => {
                value.clear();
                if let Some(pages) = element.attribute("page-count").and_then(|pages| pages.parse().ok()) {
                    builder.pages(pages);
                }
            }
            xml::Item::Text(part) => value.push_str(part),
            xml::Item::End(local) => {
                let name = match local {
                    "title" => {
                        builder.title(&value);
                        "title"
                    }
                    "initial-creator" => "author",
                    "creator" => "last_modified_by",
                    "creation-date" => "created",
                    "date" => "modified",
                    "keyword" => "keywords",
                    "generator" => "application",
                    "subject" | "description" | "language" => local,
                    _ => return Ok(()),
                };
                builder.metadata(name, &std::mem::take(&mut value));
            }
        }
        Ok(())
    });
    read.ok(); // What stood before the damage was noted.
}
