//! What is kept of a DOCX.

use docx_rs::{
    AbstractNumbering, Delete, Footnote, Hyperlink, HyperlinkType, IndentLevel, Insert, Level, LevelJc,
    LevelText, NumberFormat, Numbering, NumberingId, Paragraph, Run, Start, Table, TableCell, TableRow,
};
use event_model::Link;
use parsers::Reason;

use crate::{
    fixtures::{docx, packed, paragraph, raw_docx, zipped},
    outline, parse,
};

fn run(text: &str) -> Run {
    Run::new().add_text(text)
}

#[test]
fn headings_paragraphs_and_tables_are_kept() {
    let row = |a: &str, b: &str| {
        TableRow::new(vec![
            TableCell::new().add_paragraph(paragraph(a)),
            TableCell::new().add_paragraph(paragraph(b)),
        ])
    };
    let file = docx()
        .add_paragraph(paragraph("Über Vögel").style("Heading1"))
        .add_paragraph(paragraph("The heron waits.").add_run(run(" Then it strikes.")))
        .add_paragraph(paragraph("Sizes").style("Ueberschrift2"))
        .add_table(Table::new(vec![row("Bird", "cm"), row("Heron", "95")]));
    let document = parse(&packed(file), "birds.docx").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Über Vögel",
            "p: The heron waits. Then it strikes.",
            "h2: Sizes",
            "table 2x2: Bird | cm\nHeron | 95"
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Über Vögel"));
}

#[test]
fn lists_count_and_nest() {
    let level = |level: usize, format: &str| {
        Level::new(
            level,
            Start::new(3),
            NumberFormat::new(format),
            LevelText::new("%1."),
            LevelJc::new("left"),
        )
    };
    let item = |text: &str, list: usize, level: usize| {
        paragraph(text).numbering(NumberingId::new(list), IndentLevel::new(level))
    };
    let file = docx()
        .add_abstract_numbering(
            AbstractNumbering::new(7).add_level(level(0, "decimal")).add_level(level(1, "bullet")),
        )
        .add_numbering(Numbering::new(8, 7))
        .add_paragraph(item("mix", 8, 0))
        .add_paragraph(item("slowly", 8, 1))
        .add_paragraph(item("bake", 8, 0));
    let document = parse(&packed(file), "recipe.docx").unwrap();
    assert_eq!(outline(&document), ["li0: 3. mix", "li1: slowly", "li0: 4. bake"]);
}

#[test]
fn links_and_footnotes_are_kept_and_deletions_are_not() {
    let link = Hyperlink::new("https://example.org/heron", HyperlinkType::External).add_run(run("herons"));
    let note = Footnote::new().add_content(paragraph("Ardea cinerea."));
    let text = Paragraph::new()
        .add_run(run("See "))
        .add_hyperlink(link)
        .add_run(Run::new().add_footnote_reference(note))
        .add_delete(Delete::new().add_run(Run::new().add_delete_text(" never")))
        .add_insert(Insert::new(run(" always")));
    let document = parse(&packed(docx().add_paragraph(text)), "a.docx").unwrap();
    assert_eq!(outline(&document), ["p: See herons[1] always", "footnote: [1] Ardea cinerea."]);
    assert_eq!(document.links, [Link { text: "herons".into(), target: "https://example.org/heron".into() }]);
}

#[test]
fn any_prefix_and_any_name_of_the_main_part_will_do() {
    let document = parse(
        &raw_docx(
            "<x:document xmlns:x='urn:w'><x:body><x:p><x:pPr><x:tabs><x:tab/></x:tabs></x:pPr><x:r>\
             <x:t>A &amp; B</x:t><x:tab/><x:t>C&#x263A;</x:t></x:r></x:p></x:body></x:document>",
        ),
        "a.docx",
    );
    assert_eq!(document.unwrap().text, "A & B\tC☺");
}

#[test]
fn a_text_box_is_read_once() {
    let document = parse(
        &raw_docx(
            "<w:document><w:body><w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t>\
             </w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>boxed</w:t></w:r></w:p></mc:Fallback>\
             </mc:AlternateContent></w:r><w:r><w:t>around</w:t></w:r></w:p></w:body></w:document>",
        ),
        "a.docx",
    );
    assert_eq!(outline(&document.unwrap()), ["p: boxed", "p: around"]);
}

#[test]
fn a_workbook_under_another_name_is_no_document() {
    let rejection = parse(&raw_docx("<workbook><sheets/></workbook>"), "a.docx").unwrap_err();
    assert_eq!(rejection.reason, Reason::UnsupportedType);
    let workbook = zipped(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")]);
    assert_eq!(
        parse(&workbook, "a.docx").unwrap_err().reason,
        Reason::Malformed,
        "a workbook without its main part"
    );
}
