//! The bytes decide what a document is; its name and declared type do not.

use parsers::{PARSERS, Reason, Source, parser_for, supported_media_types};

use crate::{
    fixtures::{bytes, docx, line, packed, paragraph, pdf},
    parse,
};

fn parser_of(bytes: &[u8], name: &str) -> &'static str {
    let source = Source { name: name.into(), declared_type: Some("application/pdf".into()) };
    parser_for(bytes, &source).unwrap().name()
}

#[test]
fn a_mislabelled_file_is_parsed_as_what_it_is() {
    let page = b"\xef\xbb\xbf\n<!-- saved --><!DOCTYPE html><html><body><p>Hi</p></body></html>";
    let file = bytes(pdf(&[&line("Hello", 12, 700)]));
    let word = packed(docx().add_paragraph(paragraph("Hello")));
    assert_eq!(parser_of(page, "page.pdf"), "html");
    assert_eq!(parser_of(page, "page.md"), "html");
    assert_eq!(parser_of(&file, "file.html"), "pdf");
    assert_eq!(parser_of(&word, "word.txt"), "docx");
    assert_eq!(parser_of(b"Just words about %PDF-1.7 files.", "words.docx"), "plain_text");
    assert_eq!(parser_of(b"<h1>Title</h1>\n\nText", "README.md"), "markdown");
    assert_eq!(parser_of(b"# Title\n\nSee [this](a).\n", "README"), "markdown");
    assert_eq!(parser_of(b"fn main() {}", "../../main.rs"), "source_code");
    assert_eq!(parser_of(b"fn main() {}", "main"), "plain_text");
    assert_eq!(parse(page, "page.pdf").unwrap().text, "Hi");
}

#[test]
fn the_first_bytes_are_enough_to_pick_a_parser() {
    let word = packed(docx().add_paragraph(paragraph("Hello")));
    let source = Source::named("upload");
    assert_eq!(parser_for(&word[..200], &source).unwrap().name(), "docx");
    assert_eq!(parser_for(b"%PDF-1.4\n%", &source).unwrap().name(), "pdf");
}

#[test]
fn what_no_parser_takes_is_rejected_with_advice() {
    let reason = |bytes: &[u8]| parse(bytes, "file.pdf").unwrap_err().reason;
    assert_eq!(reason(b""), Reason::Empty);
    assert_eq!(reason(&vec![0xff; 100_000]), Reason::UnsupportedType);
    assert_eq!(reason(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Reason::UnsupportedType);
    assert_eq!(reason(b"PK\x03\x04"), Reason::UnsupportedType);
    let mut office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    office.resize(2048, 0);
    assert_eq!(reason(&office), Reason::UnsupportedType);
    office.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(reason(&office), Reason::Encrypted);
}

#[test]
fn the_supported_types_are_those_of_the_registered_parsers() {
    assert_eq!(PARSERS.len(), 14);
    for media_type in ["application/pdf", "text/html", "text/markdown", "text/plain"] {
        assert!(supported_media_types().contains(&media_type), "{media_type}");
    }
}
