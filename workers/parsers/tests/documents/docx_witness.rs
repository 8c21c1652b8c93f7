//! Random documents, written with docx-rs, read here and by docx-rs: both give what was written.

use docx_rs::{
    DocumentChild, Docx, Paragraph, ParagraphChild, Run, RunChild, Table, TableCell, TableCellContent,
    TableChild, TableRow, TableRowChild,
};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{fixtures::packed, parse};

#[derive(Clone, Debug)]
enum Written {
    /// The runs of a paragraph.
    Paragraph(Vec<String>),
    Table(Vec<Vec<String>>),
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9äöüßéñЖ中文&<>\"'.,;]{1,8}"
}

fn written() -> impl Strategy<Value = Vec<Written>> {
    let runs = proptest::collection::vec(word(), 1..4).prop_map(Written::Paragraph);
    let row = |columns| proptest::collection::vec(word(), columns);
    let table = (1..4_usize).prop_flat_map(move |columns| proptest::collection::vec(row(columns), 1..4));
    proptest::collection::vec(prop_oneof![3 => runs, 1 => table.prop_map(Written::Table)], 1..8)
}

fn paragraph(runs: &[String]) -> Paragraph {
    runs.iter().enumerate().fold(Paragraph::new(), |paragraph, (at, run)| {
        let text = Run::new().add_text(run);
        paragraph.add_run(match at % 3 {
            0 => text,
            1 => text.bold(),
            _ => text.italic().strike(),
        })
    })
}

fn file(all: &[Written]) -> Vec<u8> {
    let cell = |text: &String| TableCell::new().add_paragraph(paragraph(std::slice::from_ref(text)));
    packed(all.iter().fold(Docx::new(), |docx, one| match one {
        Written::Paragraph(runs) => docx.add_paragraph(paragraph(runs)),
        Written::Table(rows) => docx.add_table(Table::new(
            rows.iter().map(|row| TableRow::new(row.iter().map(cell).collect())).collect(),
        )),
    }))
}

/// The text as the README says that it is.
fn text(all: &[Written]) -> String {
    let rows =
        |rows: &Vec<Vec<String>>| rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n");
    let one = |one: &Written| match one {
        Written::Paragraph(runs) => runs.concat(),
        Written::Table(table) => rows(table),
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn witnessed(bytes: &[u8]) -> Vec<Written> {
    let runs = |paragraph: &Paragraph| {
        let run = |child: &ParagraphChild| match child {
            ParagraphChild::Run(run) => Some(run.children.iter().filter_map(text_of).collect::<String>()),
            _ => None,
        };
        paragraph.children.iter().filter_map(run).collect::<Vec<String>>()
    };
    let cell = |cell: &TableCell| {
        let text = |content: &TableCellContent| match content {
            TableCellContent::Paragraph(paragraph) => Some(runs(paragraph).concat()),
            _ => None,
        };
        cell.children.iter().filter_map(text).collect::<String>()
    };
    let row = |child: &TableChild| {
        let TableChild::TableRow(row) = child;
        let cells = row.cells.iter().map(|child| {
            let TableRowChild::TableCell(one) = child;
            cell(one)
        });
        cells.collect()
    };
    let one = |child: &DocumentChild| match child {
        DocumentChild::Paragraph(paragraph) => Some(Written::Paragraph(runs(paragraph))),
        DocumentChild::Table(table) => Some(Written::Table(table.rows.iter().map(row).collect())),
        _ => None,
    };
    docx_rs::read_docx(bytes).unwrap().document.children.iter().filter_map(one).collect()
}

fn text_of(child: &RunChild) -> Option<&str> {
    match child {
        RunChild::Text(text) => Some(&text.text),
        _ => None,
    }
}

#[test]
fn what_was_written_is_what_both_read() {
    TestRunner::default()
        .run(&written(), |all| {
            let bytes = file(&all);
            let document = parse(&bytes, "a.docx").unwrap();
            prop_assert_eq!(&document.text, &text(&all));
            prop_assert_eq!(&document.text, &text(&witnessed(&bytes)));
            Ok(())
        })
        .unwrap();
}

#[test]
fn cut_and_damaged_documents_end_in_a_verdict() {
    let bytes =
        file(&[Written::Paragraph(vec!["Hello".into(); 3]), Written::Table(vec![vec!["a".into(); 3]; 3])]);
    let damage = (0..bytes.len(), any::<u8>(), any::<bool>());
    TestRunner::default()
        .run(&damage, |(at, byte, cut)| {
            let mut damaged = bytes.clone();
            if cut {
                damaged.truncate(at);
            } else {
                damaged[at] = byte;
            }
            parse(&damaged, "a.docx").ok(); // Either verdict will do; a panic or an endless loop will not.
            Ok(())
        })
        .unwrap();
}
