//! Makes small PDF and DOCX files.

use std::io::{Cursor, Write};

use docx_rs::{Docx, Paragraph, Run, Style, StyleType};
use lopdf::{
    Dictionary, Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A PDF with a page for each content stream, set in Helvetica.
pub(crate) fn pdf(contents: &[&str]) -> Document {
    let mut pdf = Document::with_version("1.5");
    let pages = pdf.new_object_id();
    let font =
        pdf.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let mut kids: Vec<Object> = Vec::new();
    for content in contents {
        let content = pdf.add_object(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
        kids.push(
            pdf.add_object(dictionary! {
                "Type" => "Page",
                "Parent" => pages,
                "Contents" => content,
                "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
                "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
            })
            .into(),
        );
    }
    let count = i64::try_from(kids.len()).unwrap();
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    pdf.objects.insert(pages, tree.into());
    let catalog = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    pdf.trailer.set("Root", catalog);
    pdf.trailer.set("ID", vec![Object::string_literal("one"), Object::string_literal("two")]);
    pdf
}

/// A line of text at a height, in points.
pub(crate) fn line(text: &str, size: u32, height: u32) -> String {
    format!("BT /F1 {size} Tf 72 {height} Td ({text}) Tj ET\n")
}

/// A page with a large title and two lines under it.
pub(crate) fn titled_page(title: &str, text: &str) -> String {
    line(title, 24, 720)
        + &line(text, 11, 680)
        + &line("It goes on in a second line of the same paragraph.", 11, 667)
}

pub(crate) fn bytes(mut pdf: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).unwrap();
    bytes
}

pub(crate) fn encrypted(mut pdf: Document, user_password: &str) -> Vec<u8> {
    let version = EncryptionVersion::V2 {
        document: &pdf,
        owner_password: "owner",
        user_password,
        key_length: 128,
        permissions: Permissions::PRINTABLE,
    };
    let state = EncryptionState::try_from(version).unwrap();
    pdf.encrypt(&state).unwrap();
    bytes(pdf)
}

/// A DOCX with the usual heading styles.
pub(crate) fn docx() -> Docx {
    Docx::new()
        .add_style(Style::new("Heading1", StyleType::Paragraph).name("heading 1"))
        .add_style(Style::new("Ueberschrift2", StyleType::Paragraph).name("heading 2"))
}

pub(crate) fn paragraph(text: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(text))
}

pub(crate) fn packed(docx: Docx) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    docx.pack(&mut bytes).unwrap();
    bytes.into_inner()
}

pub(crate) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        // What OpenDocument and EPUB state about themselves is there to be read without unpacking.
        let method =
            if *name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A DOCX whose main part is `document`, under a name and with a prefix that no parser may take for granted.
pub(crate) fn raw_docx(document: &str) -> Vec<u8> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    let relationships = format!(
        "<Relationships><Relationship Id='a' Type='{kind}' Target='/word/document2.xml'/></Relationships>"
    );
    zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", relationships.as_bytes()),
        ("word/document2.xml", document.as_bytes()),
    ])
}

/// A DOCX with further parts beside its body: the last word of the relationship's kind, its target, and the part.
pub(crate) fn docx_of(body: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let kind = "http://purl.oclc.org/ooxml/officeDocument/relationships";
    let root = format!(
        "<Relationships><Relationship Id='a' Type='{kind}/officeDocument' Target='word/document.xml'/></Relationships>"
    );
    let relationship = |(at, (name, target, _)): (usize, &(&str, &str, &str))| {
        let mode = if *name == "hyperlink" { "TargetMode='External'" } else { "" };
        format!("<Relationship Id='r{at}' Type='{kind}/{name}' Target='{target}' {mode}/>")
    };
    let relationships: Vec<String> = parts.iter().enumerate().map(relationship).collect();
    let relationships = format!("<Relationships>{}</Relationships>", relationships.concat());
    let paths: Vec<String> = parts.iter().map(|(_, target, _)| format!("word/{target}")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", relationships.as_bytes()),
    ];
    members.extend(
        paths
            .iter()
            .zip(parts)
            .filter(|(_, (name, ..))| *name != "hyperlink")
            .map(|(path, (.., part))| (path.as_str(), part.as_bytes())),
    );
    zipped(&members)
}
