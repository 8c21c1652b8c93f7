//! The formats Elite reads: the one place where a parser is registered, and how one is picked. The first that says yes wins,
//! so formats with certain marks stand before those with weak ones, and plain text takes what is left.

use event_model::ParsedDocument;

use crate::{
    CountTokens, DocumentParser, Estimate, Reason, Rejection, Sniffed, Source, chunk,
    format::{
        csv::Csv,
        docx::Docx,
        epub::Epub,
        html::Html,
        markdown::Markdown,
        notebook::Notebook,
        odt::Odt,
        pdf::Pdf,
        plain_text::PlainText,
        pptx::Pptx,
        rst::Rst,
        rtf::Rtf,
        source_code::{self, SourceCode},
        xlsx::Xlsx,
    },
    language,
    protocol::{self, Asked},
    sniff, syntax,
};

/// All parsers, in the order they are asked.
pub static PARSERS: &[&dyn DocumentParser] = &[
    &Pdf,
    &Odt,
    &Epub,
    &Pptx,
    &Xlsx,
    &Docx,
    &Rtf,
    &Html,
    &Notebook,
    &Markdown,
    &Rst,
    &Csv,
    &SourceCode,
    &PlainText,
];

/// Every media type some parser reports, in the order of [`PARSERS`].
pub fn supported_media_types() -> Vec<&'static str> {
    PARSERS.iter().flat_map(|parser| parser.media_types()).copied().collect()
}

/// The parser for these bytes: the whole document, or its first 64 KiB or more. What no parser takes is rejected here, so
/// a gateway can refuse it before it stores anything.
pub fn parser_for(bytes: &[u8], source: &Source) -> Result<&'static dyn DocumentParser, Rejection> {
    pick(PARSERS, bytes, source)
}

/// Sniffs, parses and chunks in this process. Hostile bytes can crash or hang a parser: give those to the pool.
pub fn parse(bytes: &[u8], source: &Source) -> Result<ParsedDocument, Rejection> {
    parse_with(PARSERS, bytes, source, &Estimate)
}

/// [`parse`] with other parsers than the registered ones, and passages as long as `count` says.
pub(crate) fn parse_with(
    parsers: &[&'static dyn DocumentParser],
    bytes: &[u8],
    source: &Source,
    count: &dyn CountTokens,
) -> Result<ParsedDocument, Rejection> {
    let document = pick(parsers, bytes, source)?.parse(bytes, source)?;
    Ok(completed(document, count))
}

/// What a plugin wrote, read and chunked.
pub(crate) fn read_answer(
    answer: &[u8],
    asked: &Asked,
    count: &dyn CountTokens,
) -> Result<ParsedDocument, Rejection> {
    Ok(completed(protocol::read(answer, asked)?, count))
}

/// With what is told from the text alone, whoever read it: its languages, where code is broken, and its passages.
fn completed(mut document: ParsedDocument, count: &dyn CountTokens) -> ParsedDocument {
    language::note(&mut document);
    if document.media_type != source_code::MEDIA_TYPE {
        syntax::check(&mut document);
    }
    chunk(&mut document, count);
    document
}

fn pick(
    parsers: &[&'static dyn DocumentParser],
    bytes: &[u8],
    source: &Source,
) -> Result<&'static dyn DocumentParser, Rejection> {
    if bytes.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the file has no bytes; send it again once it is written"));
    }
    let sniffed = Sniffed::of(bytes, source);
    parsers.iter().copied().find(|parser| parser.can_parse(&sniffed)).ok_or_else(|| unsupported(&sniffed))
}

/// The old binary Office formats and encrypted Office files share one container; they get the advice that helps.
fn unsupported(sniffed: &Sniffed<'_>) -> Rejection {
    const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let encrypted_package: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if !sniffed.head.starts_with(COMPOUND_FILE) {
        let known = supported_media_types().join(", ");
        return Rejection::new(
            Reason::UnsupportedType,
            format!("the bytes are none of the types Elite reads ({known}); convert the file to one of them"),
        );
    }
    if sniff::find(sniffed.head, &encrypted_package).is_some() {
        return Rejection::new(
            Reason::Encrypted,
            "the Office file is protected by a password; save a copy without one",
        );
    }
    Rejection::new(
        Reason::UnsupportedType,
        "the file has the binary Office format of before 2007; save it as DOCX or PDF",
    )
}
