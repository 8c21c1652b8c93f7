//! The second reading, by unpdf, of pages on which ours raises a doubt; for most pages there is none, and it is not asked.

use std::ops::ControlFlow;

use unpdf::{ErrorMode, PageSelection, PageStreamOptions, ParseEvent, ParseOptions, PdfParser};

use super::{arbitrate, page, rejection_of, sheet::Sheet};
use crate::{DocumentBuilder, Rejection};

/// Strings on a page of which this part cannot be read raise a doubt, in parts of a hundred.
const UNREADABLE_MAX: u32 = 10;
/// And characters that stand for unknown ones, in parts of a hundred.
const UNKNOWN_MAX: usize = 5;

/// Why our reading of a page may not be the best one.
fn doubt(sheet: &Sheet) -> Option<&'static str> {
    let texts = || sheet.lines.iter().map(|line| line.text.as_str());
    let count = |is: fn(char) -> bool| texts().flat_map(str::chars).filter(|c| is(*c)).count();
    let all: usize = texts().map(str::len).sum();
    let shown = &sheet.shown;
    if sheet.is_dangerous() || shown.strings == 0 {
        None
    } else if count(arbitrate::is_right_to_left) * 20 > all {
        Some("it reads from right to left")
    } else if sheet.lines.is_empty() || shown.unreadable * 100 > shown.strings * UNREADABLE_MAX {
        Some("strings on it show nothing")
    } else if count(|character| character == char::REPLACEMENT_CHARACTER) * 100 > all * UNKNOWN_MAX {
        Some("it has unknown characters")
    } else {
        None
    }
}

/// Appends every page, those that raise a doubt after a second reading.
pub(super) fn append_all(
    bytes: &[u8],
    sheets: &[Sheet],
    builder: &mut DocumentBuilder,
) -> Result<(), Rejection> {
    let doubts: Vec<Option<&str>> = sheets.iter().map(doubt).collect();
    let doubted: Vec<u32> = sheets
        .iter()
        .zip(&doubts)
        .filter(|(_, doubt)| doubt.is_some())
        .map(|(sheet, _)| sheet.number)
        .collect();
    let mut left = sheets.iter().zip(&doubts).peekable();
    if !doubted.is_empty() {
        let read = read(bytes, doubted, |theirs| {
            while let Some((sheet, doubt)) = left.next_if(|(sheet, _)| sheet.number < theirs.number) {
                page::append(sheet, doubt.map(|doubt| (doubt, None)), builder);
            }
            if let Some((sheet, doubt)) = left.next_if(|(sheet, _)| sheet.number == theirs.number) {
                page::append(sheet, doubt.map(|doubt| (doubt, Some(theirs))), builder);
            }
        });
        // What unpdf gave up on is still there to be read our way.
        if !sheets.iter().any(|sheet| !sheet.lines.is_empty()) {
            read?;
        }
    }
    left.for_each(|(sheet, doubt)| page::append(sheet, doubt.map(|doubt| (doubt, None)), builder));
    Ok(())
}

/// unpdf's reading of some pages, in their order.
fn read(bytes: &[u8], pages: Vec<u32>, mut each: impl FnMut(&unpdf::Page)) -> Result<(), Rejection> {
    let options = ParseOptions::new().sequential().with_password("");
    let parser = PdfParser::from_bytes_with_options(bytes, options).map_err(|error| rejection_of(&error))?;
    let event = |event| {
        if let ParseEvent::PageParsed(page) = event {
            each(&page);
        }
        ControlFlow::Continue(())
    };
    parser.for_each_page(streaming(pages), event).map_err(|error| rejection_of(&error))?;
    Ok(())
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
