//! What is told of the structure of a PDF: by how it looks, and by what it says of itself.

use event_model::{BlockKind, ParsedDocument, SpanStyle};
use lopdf::{Document, Object, Stream, StringFormat, dictionary};

use crate::{
    fixtures::{bytes, line, pdf},
    outline, parse,
};

/// Text at a place, in points from the lower left corner.
fn at(x: u32, y: u32, size: u32, text: &str) -> String {
    format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n")
}

fn paragraph(from: u32) -> String {
    (0..4)
        .map(|row| line("The heron stands still in shallow water and waits for a fish.", 11, from - row * 13))
        .collect()
}

fn first_page(file: &mut Document) -> &mut lopdf::Dictionary {
    let page = file.page_iter().next().unwrap();
    file.get_object_mut(page).unwrap().as_dict_mut().unwrap()
}

fn annotated(content: &str, annotations: Vec<Object>) -> Document {
    let mut file = pdf(&[content]);
    first_page(&mut file).set("Annots", annotations);
    file
}

fn kinds(document: &ParsedDocument) -> Vec<String> {
    outline(document).into_iter().map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn rules_make_a_table_and_merged_cells_are_empty() {
    let rows = [700, 680, 660, 640].map(|y| format!("72 {y} m 372 {y} l S\n")).concat();
    // The wall between the second and the third column is missing in the first row.
    let walls = "72 640 m 72 700 l S 172 640 m 172 700 l S 272 640 m 272 680 l S 372 640 m 372 700 l S\n";
    let cells = [
        at(76, 686, 10, "Bird"),
        at(176, 686, 10, "Size"),
        at(76, 666, 10, "Heron"),
        at(176, 666, 10, "94 cm"),
        at(276, 666, 10, "2 kg"),
        at(76, 646, 10, "Wren"),
        at(276, 646, 10, "9 g"),
    ];
    let document = parse(&bytes(pdf(&[&(rows + walls + &cells.concat())])), "table.pdf").unwrap();
    let BlockKind::Table { rows } = &document.blocks[0].kind else { panic!("{:?}", outline(&document)) };
    assert_eq!(*rows, [["Bird", "Size", ""], ["Heron", "94 cm", "2 kg"], ["Wren", "", "9 g"]]);
    let bounds = document.blocks[0].bounds.unwrap();
    assert!((bounds.left - 72.0).abs() < 1.0 && (bounds.bottom - 152.0).abs() < 1.0, "{bounds:?}");
    assert_eq!(document.blocks[0].lines.len(), 7);
}

#[test]
fn cells_that_stand_in_line_make_a_table_and_columns_of_prose_do_not() {
    let row = |y: u32, cells: [&str; 3]| {
        [72, 200, 300].iter().zip(cells).map(|(x, cell)| at(*x, y, 10, cell)).collect::<String>()
    };
    let table = row(700, ["Bird", "Size", "Weight"])
        + &row(686, ["Heron", "94", "2000"])
        + &row(672, ["Wren", "10", "9"])
        + &row(658, ["Kingfisher", "17", "40"]);
    let document = parse(&bytes(pdf(&[&table])), "table.pdf").unwrap();
    let BlockKind::Table { rows } = &document.blocks[0].kind else { panic!("{:?}", outline(&document)) };
    assert_eq!(rows[3], ["Kingfisher", "17", "40"]);

    let prose = "The heron stands still in shallow water and waits";
    let columns: String =
        (0..8).map(|row| at(72, 700 - row * 13, 9, prose) + &at(320, 700 - row * 13, 9, prose)).collect();
    let document = parse(&bytes(pdf(&[&columns])), "prose.pdf").unwrap();
    assert_eq!(kinds(&document), ["p", "p"]);
}

#[test]
fn items_of_lists_have_their_depth_and_their_number() {
    let content = at(72, 700, 11, "1. Wash the feathers")
        + &at(72, 686, 11, "2. Dry them")
        + &at(90, 672, 11, "\\267 in the sun")
        + &at(90, 658, 11, "\\267 or in the wind");
    let document = parse(&bytes(pdf(&[&content])), "list.pdf").unwrap();
    let lines = ["li0: 1. Wash the feathers", "li0: 2. Dry them", "li1: in the sun", "li1: or in the wind"];
    assert_eq!(outline(&document), lines);
    assert!(matches!(document.blocks[1].kind, BlockKind::ListItem { number: Some(2), .. }));
}

#[test]
fn a_link_lies_on_its_words() {
    let link = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Link",
        "Rect" => vec![94.into(), 697.into(), 126.into(), 712.into()],
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://example.org/heron") },
    };
    let document =
        parse(&bytes(annotated(&line("The great heron waits.", 12, 700), vec![link.into()])), "a.pdf")
            .unwrap();
    let span = &document.blocks[0].spans[0];
    assert_eq!(span.style, SpanStyle::Link { target: "https://example.org/heron".into() });
    let (start, end) = (span.range.start as usize, span.range.end as usize);
    assert_eq!(&document.text[start..end], "great");
    assert_eq!(document.links[0].target, "https://example.org/heron");
}

#[test]
fn remarks_are_comments_and_filled_fields_are_read() {
    let mut file = pdf(&[&line("Name of the bird:", 12, 700)]);
    let font =
        file.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let form = dictionary! {
        "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), 100.into(), 20.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "Helv" => font } },
    };
    let look = file.add_object(Stream::new(form, b"BT /Helv 12 Tf 2 5 Td (Kingfisher) Tj ET".to_vec()));
    let field = dictionary! {
        "Subtype" => "Widget",
        "Rect" => vec![200.into(), 695.into(), 300.into(), 715.into()],
        "AP" => dictionary! { "N" => look },
    };
    let mut hidden = field.clone();
    hidden.set("F", 2);
    let note = dictionary! {
        "Subtype" => "Text",
        "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
        "T" => Object::string_literal("A. Naturalist"),
        "Contents" => Object::string_literal("Seen twice."),
    };
    first_page(&mut file).set("Annots", vec![field.into(), hidden.into(), note.into()]);
    let document = parse(&bytes(file), "form.pdf").unwrap();
    assert_eq!(document.text.matches("Kingfisher").count(), 1, "{}", document.text);
    let field =
        document.blocks.iter().find(|block| block.bounds.is_some_and(|bounds| bounds.left > 200.0)).unwrap();
    assert!((field.bounds.unwrap().left - 202.0).abs() < 0.2);
    assert_eq!(outline(&document).last().unwrap(), "comment A. Naturalist: Seen twice.");
}

#[test]
fn the_outline_names_the_headings() {
    let content =
        line("On herons", 11, 740) + &paragraph(700) + &line("Where they live", 11, 620) + &paragraph(580);
    let plain = parse(&bytes(pdf(&[&content])), "plain.pdf").unwrap();
    assert_eq!(kinds(&plain), ["p", "p", "p", "p"]);

    let mut file = pdf(&[&content]);
    let [first, second] = [file.new_object_id(), file.new_object_id()];
    let title = Object::String(b"\xfe\xff\0O\0n\0 \0h\0e\0r\0o\0n\0s".to_vec(), StringFormat::Literal);
    // The second entry is under the first, and leads back to it.
    file.objects.insert(first, dictionary! { "Title" => title, "First" => second, "Next" => first }.into());
    let below = dictionary! { "Title" => Object::string_literal("Where they  live"), "Next" => first };
    file.objects.insert(second, below.into());
    file.catalog_mut().unwrap().set("Outlines", dictionary! { "First" => first });
    let document = parse(&bytes(file), "outlined.pdf").unwrap();
    assert_eq!(kinds(&document), ["h1", "p", "h2", "p"]);
    assert_eq!(document.metadata["outline"], "On herons | > Where they live");
}

/// A page whose marked content has a structure: what each mark is, in order.
fn tagged(content: &str, elements: Vec<Object>) -> Document {
    let mut file = pdf(&[content]);
    let root = dictionary! { "K" => elements, "RoleMap" => dictionary! { "Chapter" => "H2" } };
    let root = file.add_object(root);
    file.catalog_mut().unwrap().set("StructTreeRoot", root);
    file
}

fn element(file: &Document, kind: &str, kids: Vec<Object>) -> Object {
    let page = file.page_iter().next().unwrap();
    dictionary! { "S" => kind, "Pg" => page, "K" => kids }.into()
}

fn marked(number: u32, content: &str) -> String {
    format!("/P <</MCID {number}>> BDC {content} EMC ")
}

#[test]
fn tags_name_headings_and_tables() {
    let cell = |number: u32, x: u32, y: u32, text: &str| marked(number, &at(x, y, 10, text));
    let content = marked(0, &line("On herons", 11, 740))
        + &marked(1, &paragraph(700))
        + &cell(2, 72, 600, "Bird")
        + &cell(3, 300, 600, "a long way off")
        + &cell(4, 72, 560, "Wren")
        + &cell(5, 300, 560, "nine grams");
    let page = pdf(&[&content]);
    let row = |cells: [i32; 2]| {
        let cells = cells.iter().map(|mark| element(&page, "TD", vec![(*mark).into()])).collect();
        element(&page, "TR", cells)
    };
    let elements = vec![
        element(&page, "Chapter", vec![0.into()]),
        element(&page, "P", vec![1.into()]),
        element(&page, "Table", vec![row([2, 3]), row([4, 5])]),
    ];
    let document = parse(&bytes(tagged(&content, elements)), "tagged.pdf").unwrap();
    assert_eq!(kinds(&document), ["h2", "p", "table 2x2"]);
    assert!(outline(&document)[2].ends_with("Bird | a long way off\nWren | nine grams"));
    let untagged = parse(&bytes(pdf(&[&content])), "untagged.pdf").unwrap();
    assert_eq!(kinds(&untagged)[..2], ["p", "p"]);
}

#[test]
fn a_structure_that_contains_itself_is_read_once() {
    let mut file = pdf(&[&marked(0, &line("On herons", 11, 740))]);
    let root = file.new_object_id();
    let kids: Vec<Object> = vec![root.into(), root.into(), root.into()];
    file.objects.insert(root, dictionary! { "S" => "Sect", "K" => kids }.into());
    file.catalog_mut().unwrap().set("StructTreeRoot", root);
    let document = parse(&bytes(file), "circle.pdf").unwrap();
    assert_eq!(document.text, "On herons");
}

#[test]
fn letters_spaced_out_into_cells_are_cells() {
    // Each letter moves on by 4 sizes of the font.
    let content = "BT /F1 10 Tf 40 Tc 72 700 Td (123) Tj ET BT /F1 10 Tf 0.5 Tc 72 600 Td (together) Tj ET";
    let document = parse(&bytes(pdf(&[content])), "spaced.pdf").unwrap();
    let mut words: Vec<&str> = document.text.split_whitespace().collect();
    words.sort_unstable();
    assert_eq!(words, ["1", "2", "3", "together"]);
}

/// A page whose letters A, B and C are Hebrew.
fn hebrew(content: &str) -> Document {
    let mut file = pdf(&[content]);
    let differences: Vec<Object> = vec![65.into(), "uni05D0".into(), "uni05D1".into(), "uni05D2".into()];
    for font in file.objects.values_mut().filter_map(|object| object.as_dict_mut().ok()) {
        if font.has_type(b"Font") {
            font.set("Encoding", dictionary! { "Type" => "Encoding", "Differences" => differences.clone() });
        }
    }
    file
}

#[test]
fn a_page_that_reads_from_right_to_left_is_read_twice() {
    let document = parse(&bytes(hebrew("BT /F1 12 Tf 72 700 Td (ABC CBA) Tj ET")), "hebrew.pdf").unwrap();
    let note = &document.page_notes[0];
    assert!(document.text.contains('\u{5d1}'), "{}", document.text);
    assert_eq!(note.engine, "unpdf");
    assert!(note.why.contains("reads from right to left, so it was read twice"), "{}", note.why);
}

#[test]
fn text_set_miles_off_keeps_the_second_reading_away() {
    // It would make a table as long as the page seems to be.
    let content =
        "BT /F1 12 Tf 72 700 Td (ABC CBA) Tj ET BT /F1 12 Tf 9e9 72 Td (A) Tj 1000000000 700 Td (B) Tj ET";
    let document = parse(&bytes(hebrew(content)), "far.pdf").unwrap();
    let note = &document.page_notes[0];
    assert_eq!(note.engine, "positions");
    assert!(note.why.contains("reaches too far"), "{}", note.why);
}
