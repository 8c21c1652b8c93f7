//! DOCX: Word text in a ZIP package, read with hard limits. The main part is found through the package's relationships
//! and any namespace prefix will do, because Word Online and other writers use names of their own.

use event_model::ParsedDocument;

use self::{margins::Margins, notes::Notes, numbering::Numbering, story::Context, styles::Styles};
use super::{
    package::{self, Package},
    xml::{self, malformed},
};
use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source};

mod field;
mod margins;
mod math;
mod notes;
mod numbering;
mod paragraph;
mod script;
mod story;
mod styles;
mod table;

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// See the module.
#[derive(Debug)]
pub(crate) struct Docx;

impl DocumentParser for Docx {
    fn name(&self) -> &'static str {
        "docx"
    }

    fn version(&self) -> u32 {
        4
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    /// An Office package without the folders of the other programs; the main part decides when it is parsed.
    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        let has = |start: &str| sniffed.zip_members.iter().any(|name| name.starts_with(start));
        let office = has("[Content_Types].xml") || has("_rels/.rels");
        has("word/") || (office && !["xl/", "ppt/", "visio/", "FixedDocSeq"].iter().any(|other| has(other)))
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
        let (styles, numbering) =
            (package.part_of(&parts, "/styles")?, package.part_of(&parts, "/numbering")?);
        let (styles, numbering) = (Styles::read(&styles)?, Numbering::of(&numbering));
        let context = Context { styles: &styles, numbering: &numbering, relationships: &parts };
        let story = story::read_main(&text, context)?;
        let margins = Margins::read(&mut package, context, &story.sections)?;
        let notes = Notes::read(&mut package, context)?;
        notes.append(story, margins, &mut builder);
        for name in parts.file_names(&["/oleObject", "/package", "/aFChunk"]) {
            builder.attachment(name);
        }
        builder.finish()
    }
}
