//! What is kept of a PDF.

use lopdf::{Object, dictionary};
use parsers::Reason;

use crate::{
    fixtures::{bytes, encrypted, line, pdf, titled_page},
    outline, parse,
};

fn two_pages() -> lopdf::Document {
    pdf(&[
        &titled_page("Field guide", "The heron stands still in shallow water and waits."),
        &line("On the second page the kingfisher dives from its perch.", 11, 700),
    ])
}

#[test]
fn text_pages_and_metadata_are_kept() {
    let mut file = two_pages();
    let information = file.add_object(dictionary! {
        "Title" => Object::string_literal("Birds of the river"),
        "Author" => Object::string_literal("A. Naturalist"),
        "CreationDate" => Object::string_literal("D:20240131120000+01'00'"),
    });
    file.trailer.set("Info", information);
    let document = parse(&bytes(file), "guide.pdf").unwrap();
    assert_eq!((document.media_type.as_str(), document.pages), ("application/pdf", Some(2)));
    assert_eq!(document.title.as_deref(), Some("Birds of the river"));
    assert_eq!(document.metadata["author"], "A. Naturalist");
    assert_eq!(document.metadata["created"], "2024-01-31T12:00:00");
    assert!(outline(&document)[0].starts_with('h'), "{:?}", outline(&document));
    let dive = document.blocks.last().unwrap();
    assert_eq!(dive.page, Some(2));
    assert!(document.text.contains("stands still in shallow water"));
    assert!(document.text.ends_with("dives from its perch."));
}

#[test]
fn a_password_to_open_is_asked_for_and_one_to_change_is_not() {
    let rejection = parse(&encrypted(two_pages(), "secret"), "guide.pdf").unwrap_err();
    assert_eq!(rejection.reason, Reason::Encrypted);
    assert!(rejection.detail.contains("password"));
    let document = parse(&encrypted(two_pages(), ""), "guide.pdf").unwrap();
    assert!(document.text.contains("kingfisher"));
}

#[test]
fn a_pdf_without_text_says_what_to_do() {
    let rejection = parse(&bytes(pdf(&["0 0 m 100 100 l S"])), "scan.pdf").unwrap_err();
    assert_eq!(rejection.reason, Reason::NoText);
    let image = "BI /W 1 /H 1 /CS /G /BPC 8 ID \u{1} EI";
    let rejection = parse(&bytes(pdf(&[image])), "scan.pdf").unwrap_err();
    assert!(rejection.detail.contains("OCR"), "{rejection}");
}

#[test]
fn a_pdf_cut_short_is_mended_or_malformed() {
    let whole = bytes(two_pages());
    for cut in [10, whole.len() / 4, whole.len() / 2, whole.len() - 30] {
        match parse(&whole[..cut], "guide.pdf") {
            Ok(document) => assert!(document.text.contains("heron") || document.text.contains("kingfisher")),
            Err(rejection) => assert_eq!(rejection.reason, Reason::Malformed, "cut at {cut}: {rejection}"),
        }
    }
}
