//! Small files that want to become large ones, made here. Each ends parsed or rejected, in time and in the memory a child has.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use lopdf::{Dictionary, Document, Object, Stream};
use parsers::Reason;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    fixtures::{bytes, line, pdf, raw_docx, zipped},
    hostile::{outcome, pool},
};

/// Reasons for which a bomb may be refused. A crash is one: of a stack that is used up a child dies, and nobody else.
fn is_refusal(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::TooComplex
            | Reason::Crashed
            | Reason::MemoryLimit
            | Reason::TimeLimit
            | Reason::OutputLimit
            | Reason::Malformed
            | Reason::NoText
    )
}

/// Judges one bomb: text or refusal.
async fn harmless(name: &str, bomb: &[u8]) -> Result<String, Reason> {
    assert!(bomb.len() < 8 << 20, "{name} is no small file");
    let verdict = outcome(&pool().await, name, bomb).await;
    if let Err(reason) = &verdict {
        assert!(is_refusal(*reason), "{name}: {reason}");
    }
    verdict
}

/// Replaces the content of the only page.
fn with_content(content: Stream) -> Document {
    let mut file = pdf(&[&line("Hello there, reader.", 12, 700)]);
    let page = file.page_iter().next().unwrap();
    let content = file.add_object(content);
    file.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Contents", content);
    file
}

fn deflated(content: Vec<u8>) -> Vec<u8> {
    let mut stream = Stream::new(Dictionary::new(), content);
    stream.compress().unwrap();
    stream.content
}

/// A stream that has to be inflated twice to become `content`.
fn twice_deflated(content: Vec<u8>) -> Stream {
    let filters: Vec<Object> = vec!["FlateDecode".into(), "FlateDecode".into()];
    let mut about = Dictionary::new();
    about.set("Filter", filters);
    Stream::new(about, deflated(deflated(content))).with_compression(false)
}

#[tokio::test]
async fn a_pdf_bomb_in_two_layers_is_harmless() {
    let size = if servers::full() { 2 << 30 } else { 256 << 20 };
    let bomb = bytes(with_content(twice_deflated(vec![b' '; size])));
    assert!(bomb.len() < 64 << 10, "{} bytes", bomb.len());
    harmless("layers.pdf", &bomb).await.ok();
    let operators = b"BT (x) Tj ET q Q ".repeat(if servers::full() { 12_000_000 } else { 2_000_000 });
    harmless("operators.pdf", &bytes(with_content(twice_deflated(operators)))).await.ok();
}

/// An array or a dictionary of arrays or dictionaries, a hundred thousand deep.
fn deep_objects() -> [(&'static str, String); 2] {
    let depth = 100_000;
    let nested = |open: &str, close: &str| format!("{}0{}", open.repeat(depth), close.repeat(depth));
    [("arrays.pdf", nested("[", "]")), ("dictionaries.pdf", nested("<</A ", ">>"))]
}

#[tokio::test]
async fn deep_objects_in_a_pdf_are_refused_without_a_crash() {
    for (name, deep) in deep_objects() {
        let catalog = format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/X {deep}>>endobj\n\
             2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
        );
        assert_eq!(harmless(name, catalog.as_bytes()).await, Err(Reason::TooComplex), "{name}");
        assert_eq!(harmless(name, &packed_object(&deep)).await, Err(Reason::TooComplex), "{name}, packed");
    }
    assert_eq!(harmless("flat.pdf", &packed_object("[0]")).await, Err(Reason::Malformed));
    let headers = format!("%PDF-1.4\n{}null", "1 0 obj ".repeat(100_000));
    assert_eq!(harmless("headers.pdf", headers.as_bytes()).await, Err(Reason::TooComplex));
}

/// A PDF with an object that stands in a compressed stream of objects.
fn packed_object(object: &str) -> Vec<u8> {
    let packed = deflated(format!("4 0 {object}").into_bytes());
    let about = format!("/N 1/First 4/Filter/FlateDecode/Length {}", packed.len());
    let objects: [(String, &[u8]); 3] = [
        ("<</Type/Catalog/Pages 2 0 R/X 4 0 R>>".to_owned(), b""),
        ("<</Type/Pages/Kids[]/Count 0>>".to_owned(), b""),
        (format!("<</Type/ObjStm{about}>>stream\n"), &packed),
    ];
    let (mut file, mut table) = (b"%PDF-1.5\n".to_vec(), vec![0; 7]);
    let entry = |kind: u8, place: usize| {
        [vec![kind], u32::try_from(place).unwrap().to_be_bytes().to_vec(), vec![0, 0]].concat()
    };
    for (at, (about, data)) in objects.iter().enumerate() {
        table.extend(entry(1, file.len()));
        write!(file, "{} 0 obj{about}", at + 1).unwrap();
        file.extend_from_slice(data);
        file.extend_from_slice(if data.is_empty() { b"endobj\n" } else { b"\nendstream endobj\n" });
    }
    table.extend(entry(2, 3));
    let start = file.len();
    table.extend(entry(1, start));
    writeln!(file, "5 0 obj<</Type/XRef/Size 6/W[1 4 2]/Root 1 0 R/Length {}>>stream", table.len()).unwrap();
    file.extend(table);
    write!(file, "\nendstream endobj\nstartxref\n{start}\n%%EOF").unwrap();
    file
}

#[tokio::test]
async fn a_page_whose_content_nests_deeply_is_read_our_way() {
    for (name, deep) in deep_objects() {
        let content = format!("/A {deep} DP BT /F1 12 Tf 72 700 Td (Hello there.) Tj ET");
        let file = with_content(Stream::new(Dictionary::new(), content.into_bytes()));
        assert_eq!(harmless(name, &bytes(file)).await, Ok("Hello there.".into()), "{name}");
    }
}

/// A package whose main part is what `fill` writes, never held in memory.
fn streamed_docx(fill: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    writer.start_file("_rels/.rels", SimpleFileOptions::default()).unwrap();
    write!(
        writer,
        "<Relationships><Relationship Id='a' Type='{kind}' Target='word/document.xml'/></Relationships>"
    )
    .unwrap();
    writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    fill(&mut writer);
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_gibibyte_of_text_in_a_megabyte_is_refused() {
    let mebibytes = if servers::full() { 1024 } else { 200 };
    let words = vec![b'a'; 1 << 20];
    let bomb = streamed_docx(|part| {
        part.write_all(b"<w:document><w:body><w:p><w:r><w:t>").unwrap();
        (0..mebibytes).for_each(|_| part.write_all(&words).unwrap());
        part.write_all(b"</w:t></w:r></w:p></w:body></w:document>").unwrap();
    });
    assert!(bomb.len() < 2 << 20, "{} bytes", bomb.len());
    assert_eq!(harmless("gibibyte.docx", &bomb).await, Err(Reason::TooComplex));
}

#[tokio::test]
async fn a_billion_laughs_stay_one() {
    let mut entities = "<!ENTITY l0 'ha'>".to_owned();
    for level in 1..10 {
        let below = format!("&l{};", level - 1).repeat(10);
        write!(entities, "<!ENTITY l{level} '{below}'>").unwrap();
    }
    let external =
        "<!ENTITY f SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'http://127.0.0.1:9/x.dtd'> %p;";
    let laughs = format!(
        "<!DOCTYPE d [{entities}{external}]><w:document><w:body><w:p><w:r><w:t>x&l9;&f;y</w:t></w:r></w:p></w:body></w:document>"
    );
    if let Ok(text) = harmless("laughs.docx", &raw_docx(&laughs)).await {
        assert_eq!(text, "xy");
    }
    // The attribute of a start tag is expanded by other code than text is.
    let attribute = laughs.replace("<w:p>", "<w:p w:rsid='&l9;&f;'>");
    if let Ok(text) = harmless("attribute.docx", &raw_docx(&attribute)).await {
        assert_eq!(text, "xy");
    }
}

#[tokio::test]
async fn a_package_reaches_nothing_outside_itself() {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    for target in ["../../../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..\\..\\etc\\passwd"]
    {
        let relationships =
            format!("<Relationships><Relationship Id='a' Type='{kind}' Target='{target}'/></Relationships>");
        let package = zipped(&[
            ("_rels/.rels", relationships.as_bytes()),
            ("word/other.xml", b"<w:document/>"),
            ("../../../../../../tmp/elite-was-here", b"out"),
            ("/tmp/elite-was-here", b"out"),
        ]);
        let verdict = harmless("traversal.docx", &package).await;
        assert!(!verdict.is_ok_and(|text| text.contains("root:")), "{target}");
    }
    assert!(!std::path::Path::new("/tmp/elite-was-here").exists());
}

#[tokio::test]
async fn forged_sizes_are_not_believed() {
    let text = "<w:document><w:body><w:p><w:r><w:t>Hello</w:t></w:r></w:p></w:body></w:document>";
    let honest = raw_docx(text);
    // Compressed and inflated size in local headers and in the directory.
    for (mark, sizes) in [(b"PK\x03\x04", 18), (b"PK\x01\x02", 20)] {
        for forged in [[0; 8], [0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe], *b"\x01\0\0\0\0\0\0\x7f"] {
            let mut package = honest.clone();
            let places: Vec<usize> =
                (0..package.len() - 46).filter(|at| package[*at..].starts_with(mark)).collect();
            for at in places {
                package[at + sizes..at + sizes + 8].copy_from_slice(&forged);
            }
            if let Ok(text) = harmless("forged.docx", &package).await {
                assert_eq!(text, "Hello");
            }
        }
    }
}

#[tokio::test]
async fn pathological_markdown_is_harmless() {
    let nested = (0..2_000).map(|depth| " ".repeat(depth * 2 % 900) + "- a\n").collect::<Vec<_>>().concat();
    let references =
        (0..20_000).map(|number| format!("[a{number}]: <b>\n[a{number}]")).collect::<Vec<_>>().concat();
    let cases = [
        "[a](".repeat(50_000),
        "![".repeat(50_000),
        "`a``b".repeat(40_000),
        "*a_ ".repeat(50_000),
        "<a ".repeat(50_000),
        "<!--".repeat(50_000),
        "[^a]: ".repeat(20_000),
        format!("{}{}", "[".repeat(50_000), "](b)".repeat(50_000)),
        format!("{}a{}", "**".repeat(50_000), "**".repeat(50_000)),
        format!("|{}\n|{}\n", "a|".repeat(100_000), "-|".repeat(100_000)),
        nested,
        references,
    ];
    for (number, case) in cases.iter().enumerate() {
        harmless(&format!("{number}.md"), case.as_bytes()).await.ok();
    }
}

#[tokio::test]
async fn pathological_pages_are_harmless() {
    let cases = [
        "<div>".repeat(100_000),
        "<p><b>".repeat(100_000),
        "<table><tr><td>".repeat(60_000),
        "<ul><li>".repeat(100_000),
        "<svg><desc>".repeat(50_000),
        "<template>".repeat(100_000),
        "<select><option>".repeat(50_000),
        format!("<div {}>deep</div>", "a=b ".repeat(200_000)),
        "&#x1F600;&lt".repeat(200_000),
        "<!doctype html><script>".to_owned() + &"<!--<script>".repeat(100_000),
    ];
    for (number, case) in cases.iter().enumerate() {
        let page = format!("<html><body>deep {case}");
        harmless(&format!("{number}.html"), page.as_bytes()).await.ok();
    }
}
