//! All pages of a document: read one after the other, then judged together, since what is repeated and what is a heading only shows among
//! all of them.

use std::collections::HashMap;

use event_model::Bounds;
use lopdf::Document;
use unpdf::parser::backend::{PageId, PdfBackend, RawBackend};

use super::{
    PAGES_MAX, annotations, furniture,
    heading::{self, Styles},
    interpreter::Reader,
    labels, lines, outline,
    sheet::Sheet,
    tagging::Tags,
};
use crate::Rejection;

/// Our reading of every page.
pub(super) fn sheets(backend: &RawBackend, objects: Option<&Document>) -> Result<Vec<Sheet>, Rejection> {
    let tags = objects.map(Tags::of).unwrap_or_default();
    let mut reader = Reader::new(backend, objects);
    let pages = backend.pages().into_iter().take(PAGES_MAX);
    let mut sheets: Vec<Sheet> =
        pages.map(|(number, page)| sheet(&mut reader, number, page, &tags)).collect::<Result<_, _>>()?;
    let labels = objects.map(|objects| labels::labels(objects, sheets.len())).unwrap_or_default();
    for (sheet, label) in sheets.iter_mut().zip(labels) {
        sheet.label = label;
    }
    Ok(sheets)
}

fn sheet(reader: &mut Reader<'_>, number: u32, page: PageId, tags: &Tags) -> Result<Sheet, Rejection> {
    let (matrix, ..) = reader.space(page);
    let leads = annotations::links(reader.backend, page, &matrix);
    let over = reader.objects.map(|objects| annotations::appearances(objects, page)).unwrap_or_default();
    let mut content = reader.show(page, !leads.is_empty(), &over)?;
    let areas: Vec<Bounds> = leads.iter().map(|link| link.bounds).collect();
    let mut lines = lines::lines(&std::mem::take(&mut content.pieces), &content.rules, &areas);
    for line in &mut lines {
        line.role = line.mark.and_then(|mark| tags.role(page, mark));
    }
    let remarks = reader.objects.map(|objects| annotations::remarks(objects, page)).unwrap_or_default();
    Ok(Sheet { number, label: None, shown: content, lines, links: leads, remarks, groups: Vec::new() })
}

/// Marks what is repeated on pages, makes blocks, and finds the headings among them.
pub(super) fn arrange(sheets: &mut [Sheet], objects: Option<&Document>) {
    furniture::mark(sheets);
    for sheet in sheets.iter_mut() {
        sheet.set_apart();
        sheet.arrange();
    }
    let entries = objects.map(outline::entries).unwrap_or_default();
    let outline: HashMap<String, u8> =
        entries.iter().map(|entry| (heading::compact(&entry.title), entry.depth)).collect();
    let styles = Styles::new(sheets.iter().flat_map(|sheet| &sheet.lines), outline);
    styles.mark(sheets.iter_mut().flat_map(|sheet| &mut sheet.groups));
}
