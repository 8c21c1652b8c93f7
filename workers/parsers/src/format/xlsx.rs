//! XLSX: sheets in a ZIP package, one page each, as their cells show: dates and percentages as such, results instead of formulas.
//! Empty rows part tables; hidden sheets stay hidden.

use std::collections::BTreeMap;

use event_model::{BlockKind, ParsedDocument};

use self::{
    numbers::{Formats, Shown},
    sheet::Cell,
};
use super::{
    package::{Package, Relationships},
    xml::{self, Item, malformed},
};
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source};

mod numbers;
mod sheet;

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// See the module.
#[derive(Debug)]
pub(crate) struct Xlsx;

impl DocumentParser for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.zip_members.iter().any(|name| name.starts_with("xl/"))
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut package = Package::open(bytes)?;
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        let roots = package.relationships("")?;
        let main =
            roots.target("/officeDocument").ok_or_else(|| malformed("it does not name its main part"))?;
        if main.to_lowercase().rsplit('.').next() == Some("bin") {
            let advice = "the workbook is in the binary format of Excel (XLSB); save it as XLSX";
            return Err(Rejection::new(Reason::UnsupportedType, advice));
        }
        let text = package.part(&main)?.ok_or_else(|| malformed("its main part is missing"))?;
        let parts = package.relationships(&main)?;
        package.read_properties(&roots, &mut builder)?;
        let workbook = Workbook::read(&text)?;
        let strings = shared_strings(&package.part_of(&parts, "/sharedStrings")?)?;
        let formats = Formats::read(&package.part_of(&parts, "/styles")?, workbook.from_1904)?;
        builder.pages(u32::try_from(workbook.sheets.len()).unwrap_or(u32::MAX));
        for (page, (name, id)) in (1..).zip(&workbook.sheets) {
            let Some(path) = parts.part(id).filter(|_| !name.is_empty()) else { continue };
            let Some(text) = package.part(path)? else { continue };
            let links = package.relationships(path)?;
            let sheet = sheet::read(&text, &Shown { strings: &strings, formats: &formats }, &links)?;
            builder.block(BlockKind::Heading { level: 2 }, name, Some(page));
            append_tables(sheet.rows, page, &mut builder);
            for (shown, target) in sheet.links {
                builder.link(&shown, &target);
            }
            append_remarks(&mut package, &links, page, &mut builder)?;
        }
        if builder.is_blank_but_headings() {
            return Err(Rejection::new(
                Reason::NoText,
                "the workbook has no filled cell; there is nothing to learn from it",
            ));
        }
        builder.finish()
    }
}

#[derive(Default)]
struct Workbook {
    /// Name and relationship of each sheet; a hidden one has no name.
    sheets: Vec<(String, String)>,
    from_1904: bool,
}

impl Workbook {
    fn read(text: &str) -> Result<Self, Rejection> {
        let mut workbook = Self::default();
        xml::elements(text, |element| match element.local() {
            "workbookPr" => {
                workbook.from_1904 =
                    element.attribute("date1904").is_some_and(|value| value == "1" || value == "true");
            }
            "sheet" => {
                let hidden = element.attribute("state").is_some_and(|state| state != "visible");
                let name = element.attribute("name").filter(|_| !hidden);
                workbook.sheets.push((name.unwrap_or_default(), element.relationship().unwrap_or_default()));
            }
            _ => {}
        })?;
        Ok(workbook)
    }
}

/// The texts that cells refer to by their number, without the readings of Japanese names.
fn shared_strings(text: &str) -> Result<Vec<String>, Rejection> {
    let (mut strings, mut string, mut in_text, mut phonetic) = (Vec::new(), String::new(), false, false);
    xml::items(text, |item| {
        match item {
            Item::Start(element) => match element.local() {
                "t" => in_text = !phonetic,
                "rPh" => phonetic = true,
                _ => {}
            },
            Item::Text(part) if in_text => string.push_str(part),
            Item::End("t") => in_text = false,
            Item::End("rPh") => phonetic = false,
            Item::End("si") => strings.push(std::mem::take(&mut string)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

/// A table for each run of rows without an empty one between; a run with one filled cell a row is text.
fn append_tables(rows: BTreeMap<u32, Vec<Cell>>, page: u32, builder: &mut DocumentBuilder) {
    let mut run: Vec<Vec<Cell>> = Vec::new();
    let mut next = 0;
    for (number, row) in rows {
        if number != next {
            append_run(std::mem::take(&mut run), page, builder);
        }
        next = number.saturating_add(1);
        run.push(row);
    }
    append_run(run, page, builder);
}

fn append_run(run: Vec<Vec<Cell>>, page: u32, builder: &mut DocumentBuilder) {
    if run.iter().all(|row| row.len() == 1) {
        for cell in run.iter().flatten() {
            builder.block(BlockKind::Paragraph, &cell.text, Some(page));
        }
        return;
    }
    let first = run.iter().flatten().map(|cell| cell.column).min().unwrap_or_default();
    builder.table(run.into_iter().map(|row| sheet::aligned(row, first)).collect(), Some(page));
}

/// What people remarked on cells.
fn append_remarks(
    package: &mut Package<'_>,
    parts: &Relationships,
    page: u32,
    builder: &mut DocumentBuilder,
) -> Result<(), Rejection> {
    let text = package.part_of(parts, "/comments")?;
    let (mut authors, mut value, mut comment) = (Vec::new(), String::new(), (String::new(), None::<usize>));
    xml::items(&text, |item| {
        match item {
            Item::Start(element) => match element.local() {
                "author" => value.clear(),
                "comment" => {
                    value.clear();
                    let author = element.attribute("authorId").and_then(|author| author.parse().ok());
                    comment = (element.attribute("ref").unwrap_or_default(), author);
                }
                _ => {}
            },
            Item::Text(part) => value.push_str(part),
            Item::End("author") => authors.push(std::mem::take(&mut value)),
            Item::End("comment") => {
                let author = comment.1.and_then(|author| authors.get(author).cloned());
                let author = author.filter(|author| !author.trim().is_empty());
                let text = format!("{}: {}", comment.0, value.trim());
                builder.block(BlockKind::Comment { author }, &text, Some(page));
            }
            Item::End(_) => {}
        }
        Ok(())
    })
}
