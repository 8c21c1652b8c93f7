//! PDF. `lopdf` reads the objects: encryption, page count, metadata, outline, tags, limits. Our own interpreter reads every page: which
//! lines stand where, and from them blocks, tables, headings and lists; fonts are read by unpdf's object layer. A page that raises a doubt
//! is read by `unpdf` as well, and what either lost is put back. lopdf's own extraction loses spaces, form objects and most encodings, and
//! is not used.

use event_model::ParsedDocument;
use unpdf::ErrorKind;
use unpdf::parser::backend::RawBackend;

use sheet::Sheet;

use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source, sniff};

mod accents;
mod aligned;
mod annotations;
mod arbitrate;
mod document;
mod drawing;
mod fonts;
mod furniture;
mod gutters;
mod heading;
mod hyphens;
mod interpreter;
mod labels;
mod lines;
mod list;
mod matrix;
mod mend;
mod nesting;
mod objects;
mod operators;
mod outline;
mod page;
mod reading_order;
mod resources;
mod ruled;
mod second;
mod segment;
mod sheet;
mod tables;
mod tagging;
mod text_state;
mod theirs;

const MEDIA_TYPE: &str = "application/pdf";
/// The longest real documents (bound laws, data books) have a few thousand pages.
const PAGES_MAX: usize = 20_000;
/// What one stream may inflate to. Page content of this size does not occur; images are never inflated.
const STREAM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Some writers put a few bytes before the header; readers accept up to a kilobyte.
const HEADER_WITHIN_BYTES: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Pdf;

impl DocumentParser for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn version(&self) -> u32 {
        4
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        let opening = &sniffed.head[..sniffed.head.len().min(HEADER_WITHIN_BYTES)];
        let at = sniff::find(opening, b"%PDF-");
        // Prose may speak of `%PDF-`; a PDF made of text only starts with it.
        at.is_some_and(|at| !sniffed.is_text || opening[..at].trim_ascii().is_empty())
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        let bytes = &*mend::mended(bytes);
        if nesting::is_too_deep(bytes) {
            return Err(nested());
        }
        let objects = objects::read(bytes, &mut builder)?;
        let backend =
            RawBackend::load_bytes_with_password(bytes, Some("")).map_err(|error| rejection_of(&error))?;
        let mut sheets = document::sheets(&backend, objects.as_ref())?;
        let lost = Lost::of(&sheets);
        document::arrange(&mut sheets, objects.as_ref());
        second::append_all(bytes, &sheets, &mut builder)?;
        builder.finish().map_err(|_| without_text(bytes, &lost))
    }
}

/// Why a PDF may have come out empty.
#[derive(Default)]
struct Lost {
    pages: usize,
    images: u32,
    unreadable: u32,
}

impl Lost {
    fn of(sheets: &[Sheet]) -> Self {
        let sum = |count: fn(&Sheet) -> u32| sheets.iter().map(count).fold(0, u32::saturating_add);
        Self {
            pages: sheets.len(),
            images: sum(|sheet| sheet.shown.images),
            unreadable: sum(|sheet| sheet.shown.unreadable),
        }
    }
}

fn encrypted() -> Rejection {
    Rejection::new(Reason::Encrypted, "the PDF needs a password to be read; save a copy without one")
}

fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Reason::Malformed,
        format!("the PDF is damaged ({what}); print or save it again with another program"),
    )
}

fn too_complex(what: &str) -> Rejection {
    Rejection::new(Reason::TooComplex, format!("the PDF {what}; split it into smaller files"))
}

fn nested() -> Rejection {
    Rejection::new(
        Reason::TooComplex,
        "the PDF nests its objects hundreds deep, as no program that makes documents does; print it or save it again with another program",
    )
}

fn rejection_of(error: &unpdf::Error) -> Rejection {
    match error.kind() {
        ErrorKind::Encrypted | ErrorKind::InvalidPassword => encrypted(),
        _ => malformed("no page can be found in it"),
    }
}

fn without_text(bytes: &[u8], lost: &Lost) -> Rejection {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if sniff::find(tail, b"%%EOF").is_none() && sniff::find(tail, b"startxref").is_none() {
        return malformed("its end is missing");
    }
    let detail = match lost {
        Lost { pages: 0, .. } => return malformed("it has no pages"),
        Lost { unreadable: 1.., .. } => {
            "the PDF's fonts do not say which characters they show; run it through text recognition (OCR) first"
        }
        Lost { images: 1.., .. } => {
            "the PDF holds images of pages and no text; run it through text recognition (OCR) first"
        }
        _ => "the PDF's pages are empty; there is nothing to learn from it",
    };
    Rejection::new(Reason::NoText, detail)
}
