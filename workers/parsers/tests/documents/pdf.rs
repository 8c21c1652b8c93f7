//! What is kept of a PDF.

use event_model::{BlockKind, ParsedDocument};
use lopdf::{Object, Stream, dictionary};
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

fn shown(document: &ParsedDocument, block: &event_model::Block) -> String {
    let (start, end) = (block.range.start as usize, block.range.end as usize);
    document.text.chars().skip(start).take(end - start).collect()
}

/// Makes the first page paint a form that shows `text`.
fn with_form(content: &str, text: &str) -> lopdf::Document {
    let mut file = pdf(&[content]);
    let page = file.page_iter().next().unwrap();
    let page = file.get_object(page).unwrap().as_dict().unwrap().clone();
    let resources = page.get(b"Resources").unwrap().as_dict().unwrap().clone();
    // The form finds itself under the name that the page has for it.
    let id = file.new_object_id();
    let mut resources = resources;
    resources.set("XObject", dictionary! { "Fm" => id });
    let form = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
        "Resources" => resources.clone(),
    };
    file.objects.insert(id, Stream::new(form, text.as_bytes().to_vec()).into());
    let id = file.page_iter().next().unwrap();
    let page = file.get_object_mut(id).unwrap().as_dict_mut().unwrap();
    page.set("Resources", resources);
    file
}

#[test]
fn every_block_says_where_it_stands() {
    let document = parse(&bytes(two_pages()), "guide.pdf").unwrap();
    for block in &document.blocks {
        let bounds = block.bounds.unwrap();
        assert!(bounds.left >= 71.0 && bounds.right < 612.0, "{bounds:?}");
        assert!(bounds.top < bounds.bottom && bounds.bottom < 200.0, "{bounds:?}");
        assert!(!block.lines.is_empty());
    }
    let dive = document.blocks.last().unwrap();
    let bounds = dive.bounds.unwrap();
    assert!((bounds.top - 83.2).abs() < 0.2 && (bounds.bottom - 94.2).abs() < 0.2, "{bounds:?}");
    assert_eq!(dive.lines[0].range, dive.range);
    let paragraph = document.blocks.iter().find(|block| shown(&document, block).contains("goes on")).unwrap();
    assert_eq!(paragraph.lines.len(), 2);
    assert!(paragraph.lines[0].bounds.bottom < paragraph.lines[1].bounds.bottom);
}

#[test]
fn text_in_a_form_is_read_and_the_note_says_so() {
    let text = line("The osprey carries its fish head first.", 11, 700);
    let document = parse(&bytes(with_form("/Fm Do", &text)), "form.pdf").unwrap();
    assert!(document.text.contains("The osprey carries its fish head first."));
    let note = &document.page_notes[0];
    assert_eq!((note.page, note.width, note.height), (1, 612.0, 792.0));
    assert!(note.why.contains("1 form objects entered"), "{}", note.why);
}

#[test]
fn a_form_that_paints_itself_is_painted_once() {
    let text = line("The osprey carries its fish head first.", 11, 700) + " /Fm Do";
    let document = parse(&bytes(with_form("/Fm Do", &text)), "form.pdf").unwrap();
    assert_eq!(document.text.matches("osprey").count(), 1);
    let why = &document.page_notes[0].why;
    assert!(why.contains("1 form objects entered"), "{why}");
}

#[test]
fn what_is_repeated_at_the_edges_of_pages_is_marked_and_kept() {
    let pages: Vec<String> = ["heron", "kingfisher", "osprey", "bittern"]
        .iter()
        .enumerate()
        .map(|(at, bird)| {
            line("Birds of the river", 9, 770)
                + &line(&format!("The {bird} lives at the water and hunts for fish."), 11, 600)
                + &line(&format!("Chapter two, page {}", at + 1), 9, 30)
        })
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let document = parse(&bytes(pdf(&pages)), "guide.pdf").unwrap();
    let of = |kind: &BlockKind| {
        let blocks = document.blocks.iter().filter(|block| block.kind == *kind);
        blocks.map(|block| shown(&document, block)).collect::<Vec<_>>()
    };
    assert_eq!(of(&BlockKind::PageHeader), ["Birds of the river"; 4]);
    let numbers =
        ["Chapter two, page 1", "Chapter two, page 2", "Chapter two, page 3", "Chapter two, page 4"];
    assert_eq!(of(&BlockKind::PageFooter), numbers);
    assert_eq!(of(&BlockKind::Paragraph).len(), 4);
}

#[test]
fn a_scanned_page_among_others_is_said_to_have_no_text_layer() {
    let image = "q 600 0 0 780 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \u{1} EI Q";
    let document =
        parse(&bytes(pdf(&[&line("The first page has text.", 11, 700), image])), "scan.pdf").unwrap();
    let engines: Vec<&str> = document.page_notes.iter().map(|note| note.engine.as_str()).collect();
    assert_eq!(engines, ["positions", "none"]);
    assert!(document.page_notes[1].why.contains("no text layer"), "{}", document.page_notes[1].why);
}

#[test]
fn a_blank_behind_the_word_stream_loses_nothing() {
    // Compressed, so that a byte too many in front is not just white space.
    let lines: String =
        (0..20).map(|at| line("The heron stands still in shallow water.", 11, 700 - at * 20)).collect();
    let mut file = pdf(&[&lines]);
    file.compress();
    let whole = bytes(file);
    assert!(!whole.windows(5).any(|window| window == b"heron"), "it is compressed");
    let at = whole.windows(8).position(|window| window == b">>stream").unwrap() + 2;
    let mut file = whole.clone();
    file.splice(at..at, *b" ");
    // Offsets behind it are wrong by one, which readers mend.
    file[at..at + 7].copy_from_slice(b"stream ");
    let document = parse(&file, "report.pdf").unwrap();
    assert!(document.text.contains("stands still"));
}

#[test]
fn pages_are_called_what_the_document_calls_them() {
    let text = line("A page with a name of its own.", 11, 700);
    let mut file = pdf(&[&text, &text, &text, &text]);
    let numbers = dictionary! { "Nums" => vec![
        0.into(), dictionary! { "S" => "r", "St" => 4 }.into(),
        2.into(), dictionary! { "S" => "D", "P" => Object::string_literal("A-") }.into(),
        3.into(), dictionary! { "S" => "D", "St" => 4 }.into(),
    ]};
    let numbers = file.add_object(numbers);
    file.catalog_mut().unwrap().set("PageLabels", numbers);
    let document = parse(&bytes(file), "named.pdf").unwrap();
    let labels: Vec<Option<&str>> = document.page_notes.iter().map(|note| note.label.as_deref()).collect();
    assert_eq!(labels, [Some("iv"), Some("v"), Some("A-1"), None]);
}
