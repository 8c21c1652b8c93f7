//! PDF. `lopdf` reads the objects: encryption, page count, metadata, limits. Every page is read twice: `unpdf` reads text and
//! structure, and our own interpreter says which lines stand where, so that what is lost is noticed, put back, or read our way.
//! lopdf's own extraction loses spaces, form objects and most encodings, and is not used.

use std::ops::ControlFlow;

use event_model::ParsedDocument;
use lopdf::{Dictionary, Document, LoadOptions, Object};
use unpdf::parser::backend::{PdfBackend, RawBackend};
use unpdf::{ErrorKind, ErrorMode, PageSelection, PageStreamOptions, ParseEvent, ParseOptions, PdfParser};

use interpreter::Reader;
use page::Sheet;

use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source, sniff};

mod arbitrate;
mod drawing;
mod fonts;
mod furniture;
mod hyphens;
mod interpreter;
mod labels;
mod lines;
mod matrix;
mod mend;
mod nesting;
mod operators;
mod page;
mod reading_order;
mod resources;
mod text_state;

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
        3
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
        let objects = read_objects(bytes, &mut builder)?;
        let lost = read_text(bytes, objects.as_ref(), &mut builder)?;
        builder.finish().map_err(|_| without_text(bytes, &lost))
    }
}

/// Why a PDF may have come out empty.
#[derive(Default)]
struct Lost {
    pages: u32,
    images: u32,
    unreadable_runs: usize,
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

/// Encryption, page count and metadata; returns the objects. Damage that lopdf cannot mend is left to unpdf, which
/// mends other things.
fn read_objects(bytes: &[u8], builder: &mut DocumentBuilder) -> Result<Option<Document>, Rejection> {
    let options = LoadOptions { max_decompressed_size: Some(STREAM_BYTES_MAX), ..LoadOptions::default() };
    let mut document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(lopdf::Error::InvalidPassword) => return Err(encrypted()),
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
            return Err(too_complex("holds a stream that inflates to far more than its size"));
        }
        Err(_) => return Ok(None),
    };
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(encrypted());
    }
    if nesting::holds_too_deep(&document, STREAM_BYTES_MAX) {
        return Err(nested());
    }
    let pages = document.page_iter().take(PAGES_MAX + 1).count();
    if pages > PAGES_MAX {
        return Err(too_complex("has tens of thousands of pages"));
    }
    if pages > 0 {
        builder.pages(u32::try_from(pages).unwrap_or(u32::MAX));
    }
    builder.metadata("pdf_version", &document.version);
    if let Some(information) = information(&document) {
        read_information(&document, information, builder);
    }
    Ok(Some(document))
}

fn information(document: &Document) -> Option<&Dictionary> {
    let object = document.trailer.get(b"Info").ok()?;
    document.dereference(object).ok()?.1.as_dict().ok()
}

fn read_information(document: &Document, information: &Dictionary, builder: &mut DocumentBuilder) {
    const NAMES: &[(&[u8], &str)] = &[
        (b"Title", "title"),
        (b"Author", "author"),
        (b"Subject", "subject"),
        (b"Keywords", "keywords"),
        (b"Creator", "creator"),
        (b"Producer", "producer"),
        (b"CreationDate", "created"),
        (b"ModDate", "modified"),
    ];
    for (key, name) in NAMES {
        let Some(value) = information.get(key).ok().and_then(|value| text_of(document, value)) else {
            continue;
        };
        let value = match *name {
            "created" | "modified" => date(&value).unwrap_or(value),
            _ => value,
        };
        if *name == "title" && is_title(&value) {
            builder.title(&value);
        }
        builder.metadata(name, &value);
    }
}

/// Many writers put a file name or a stock phrase where the title belongs.
fn is_title(value: &str) -> bool {
    let lower = value.trim().to_lowercase();
    let file = [".doc", ".docx", ".pdf", ".tex", ".dvi", ".indd", ".qxd", ".ppt", ".pptx", ".xls", ".rtf"];
    !lower.starts_with("untitled")
        && !lower.starts_with("microsoft word")
        && !file.iter().any(|end| lower.ends_with(end))
}

fn text_of(document: &Document, value: &Object) -> Option<String> {
    let (_, value) = document.dereference(value).ok()?;
    lopdf::decode_text_string(value).ok()
}

/// `D:20240131120000+01'00'` as `2024-01-31T12:00:00`; the zone is left out because many writers get it wrong.
fn date(value: &str) -> Option<String> {
    let digits: String = value.trim_start_matches("D:").chars().take_while(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to);
    let day = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    match (part(8, 10), part(10, 12)) {
        (Some(hour), Some(minute)) => Some(format!("{day}T{hour}:{minute}:{}", part(12, 14).unwrap_or("00"))),
        _ => Some(day),
    }
}

/// Appends the blocks of every page.
fn read_text(
    bytes: &[u8],
    objects: Option<&Document>,
    builder: &mut DocumentBuilder,
) -> Result<Lost, Rejection> {
    let mut sheets = read_sheets(bytes, objects)?;
    let labels = objects.map(|objects| labels::labels(objects, sheets.len())).unwrap_or_default();
    for (sheet, label) in sheets.iter_mut().zip(labels) {
        sheet.label = label;
    }
    let readable: Vec<u32> =
        sheets.iter().filter(|sheet| !sheet.is_too_deep()).map(|sheet| sheet.number).collect();
    let options = ParseOptions::new().sequential().with_password("");
    let parser = PdfParser::from_bytes_with_options(bytes, options).map_err(|error| rejection_of(&error))?;
    let mut lost = Lost::default();
    let mut left = sheets.iter().peekable();
    let each = |event| {
        if let ParseEvent::PageParsed(page) = event {
            lost.pages += 1;
            lost.images += page.image_op_count;
            lost.unreadable_runs += page.suppressed_text_runs;
            while let Some(sheet) = left.next_if(|sheet| sheet.number < page.number) {
                page::append(sheet, None, builder);
            }
            if let Some(sheet) = left.next_if(|sheet| sheet.number == page.number) {
                page::append(sheet, Some(&page), builder);
            }
        }
        ControlFlow::Continue(())
    };
    let parsed = parser.for_each_page(streaming(readable), each).map_err(|error| rejection_of(&error));
    // What unpdf gave up on is still there to be read our way.
    if parsed.is_err() && !sheets.iter().any(|sheet| !sheet.lines.is_empty()) {
        parsed?;
    }
    left.for_each(|sheet| page::append(sheet, None, builder));
    Ok(lost)
}

/// Our reading of every page.
fn read_sheets(bytes: &[u8], objects: Option<&Document>) -> Result<Vec<Sheet>, Rejection> {
    let backend =
        RawBackend::load_bytes_with_password(bytes, Some("")).map_err(|error| rejection_of(&error))?;
    let mut reader = Reader::new(&backend, objects);
    let mut numbers = Vec::new();
    let mut pages = Vec::new();
    for (number, page) in backend.pages().into_iter().take(PAGES_MAX) {
        let mut shown = reader.show(page, false)?;
        let lines = lines::lines(&std::mem::take(&mut shown.pieces));
        pages.push((lines, shown.height));
        numbers.push((number, shown));
    }
    furniture::mark(&mut pages);
    let sheet = |((number, shown), (lines, _))| Sheet { number, label: None, shown, lines };
    Ok(numbers.into_iter().zip(pages).map(sheet).collect())
}

/// Every field is spelled out: the library's default asks for its thread pool, and a jailed child starts no threads.
fn streaming(pages: Vec<u32>) -> PageStreamOptions {
    PageStreamOptions {
        error_mode: ErrorMode::Lenient,
        extract_text: true,
        extract_resources: false,
        min_image_dimension: 64,
        pages: PageSelection::Pages(pages),
        password: Some(String::new()),
        parallel: false,
        suppress_low_confidence_ocr: false,
        window_size: 1,
        emit_progress_every: u32::MAX,
    }
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
        Lost { unreadable_runs: 1.., .. } => {
            "the PDF's fonts do not say which characters they show; run it through text recognition (OCR) first"
        }
        Lost { images: 1.., .. } => {
            "the PDF holds images of pages and no text; run it through text recognition (OCR) first"
        }
        _ => "the PDF's pages are empty; there is nothing to learn from it",
    };
    Rejection::new(Reason::NoText, detail)
}
