//! What a PDF says about itself, read by lopdf: encryption, number of pages, metadata, outline.

use lopdf::{Dictionary, Document, LoadOptions, Object};

use super::{PAGES_MAX, STREAM_BYTES_MAX, encrypted, nested, nesting, outline, too_complex};
use crate::{DocumentBuilder, Rejection};

/// Notes what the document says and returns its objects. Damage that lopdf cannot mend is left to unpdf, which mends other things.
pub(super) fn read(bytes: &[u8], builder: &mut DocumentBuilder) -> Result<Option<Document>, Rejection> {
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
    builder.metadata("outline", &outline::summary(&outline::entries(&document)));
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
