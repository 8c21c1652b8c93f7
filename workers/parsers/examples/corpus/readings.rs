//! A PDF as text, headings and rows of tables: ours, and unpdf's. Used by the example and, through its path, by the benchmark `documents`.

use std::ops::ControlFlow;

use parsers::Source;
use unpdf::{Block, ErrorMode, PageSelection, PageStreamOptions, ParseEvent, ParseOptions, PdfParser};

use crate::structure::Structure;

/// What an engine makes of a document.
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) structure: Structure,
    pub(crate) pages: u32,
}

/// Ours.
pub(crate) fn ours(bytes: &[u8], name: &str) -> Option<Reading> {
    let document = parsers::parse(bytes, &Source::named(name)).ok()?;
    let structure = Structure::of_document(&document);
    Some(Reading { structure, pages: document.pages.unwrap_or(1), text: document.text })
}

/// What unpdf makes of it alone, with nothing of ours.
pub(crate) fn theirs(bytes: &[u8], _name: &str) -> Option<Reading> {
    let options = ParseOptions::new().sequential().with_password("");
    let parser = PdfParser::from_bytes_with_options(bytes, options).ok()?;
    let mut reading = Reading { text: String::new(), structure: Structure::default(), pages: 0 };
    let streaming = PageStreamOptions {
        error_mode: ErrorMode::Lenient,
        extract_text: true,
        extract_resources: false,
        min_image_dimension: 64,
        pages: PageSelection::All,
        password: Some(String::new()),
        parallel: false,
        suppress_low_confidence_ocr: false,
        window_size: 1,
        emit_progress_every: u32::MAX,
    };
    let each = |event| {
        if let ParseEvent::PageParsed(page) = event {
            reading.pages += 1;
            reading.text.push_str(&page.plain_text());
            reading.text.push('\n');
            page.elements.iter().for_each(|block| push(block, &mut reading.structure));
        }
        ControlFlow::Continue(())
    };
    parser.for_each_page(streaming, each).ok()?;
    Some(reading)
}

fn push(block: &Block, structure: &mut Structure) {
    match block {
        Block::Paragraph(paragraph) if paragraph.heading_level().is_some() => {
            structure.push_heading(&paragraph.plain_text());
        }
        Block::Table(table) => {
            for row in &table.rows {
                let cells: Vec<String> = row.cells.iter().map(unpdf::TableCell::plain_text).collect();
                structure.push_row(cells.iter().map(String::as_str));
            }
        }
        _ => {}
    }
}
