//! A page as blocks, and the note on how it was read.

use event_model::{BlockKind, Bounds, Line, PageNote, TextRange};
use unpdf::Page;

use super::{
    arbitrate::{self, Verdict},
    interpreter::Shown,
    list,
    reading_order::Group,
    segment::{Edge, Segment, rounded},
    sheet::Sheet,
    theirs::{self, Theirs},
};
use crate::DocumentBuilder;

/// Appends the blocks of a page and the note on it. `doubt` is why unpdf was asked, too, and what it read.
pub(super) fn append(sheet: &Sheet, doubt: Option<(&str, Option<&Page>)>, builder: &mut DocumentBuilder) {
    let theirs = doubt.and_then(|(_, page)| page).map(|page| Theirs::new(sheet, page));
    let structure = theirs.as_ref().filter(|theirs| theirs.comparison.verdict == Verdict::Structure);
    match structure {
        Some(theirs) => theirs::append_blocks(sheet, theirs, builder),
        None => append_groups(sheet, sheet.groups.iter(), builder),
    }
    for remark in &sheet.remarks {
        let kind = BlockKind::Comment { author: remark.author.clone() };
        builder.block(kind, remark.text.as_str(), Some(sheet.number));
    }
    let is_empty = sheet.lines.is_empty() && structure.is_none_or(Theirs::is_empty);
    let engine = match structure {
        _ if is_empty => "none",
        Some(_) => "unpdf",
        None => "positions",
    };
    builder.page_note(PageNote {
        page: sheet.number,
        label: sheet.label.clone(),
        width: sheet.shown.width,
        height: sheet.shown.height,
        engine: engine.to_owned(),
        why: why(sheet, doubt.map(|(reason, _)| reason), theirs.as_ref(), engine),
    });
}

fn why(sheet: &Sheet, doubt: Option<&str>, theirs: Option<&Theirs<'_>>, engine: &str) -> String {
    let Shown { strings, unreadable, images, forms, .. } = sheet.shown;
    let mut parts = vec![match engine {
        "none" if unreadable > 0 => "the fonts do not say which characters they show".to_owned(),
        "none" if images > 0 => "no text layer: the page is an image".to_owned(),
        "none" => "the page is empty".to_owned(),
        _ => format!("{strings} strings read by their places"),
    }];
    if sheet.is_dangerous() {
        parts.push("its content nests too deeply, or reaches too far, for a second reading".to_owned());
    }
    if let Some(doubt) = doubt.filter(|_| engine != "none") {
        parts.push(format!("{doubt}, so it was read twice"));
    }
    if let Some(theirs) = theirs.filter(|_| engine != "none") {
        parts.push(theirs.comparison.summary());
    }
    if forms > 0 {
        parts.push(format!("{forms} form objects entered"));
    }
    if unreadable > 0 && engine != "none" {
        parts.push(format!("{unreadable} of {strings} strings cannot be read"));
    }
    parts.join("; ")
}

pub(super) fn kind_of_edge(edge: Edge) -> BlockKind {
    match edge {
        Edge::Top => BlockKind::PageHeader,
        Edge::Bottom => BlockKind::PageFooter,
    }
}

/// Appends blocks of our own reading.
pub(super) fn append_groups<'a>(
    sheet: &Sheet,
    groups: impl Iterator<Item = &'a Group>,
    builder: &mut DocumentBuilder,
) {
    let page = Some(sheet.number);
    let mut margins: Vec<f32> = Vec::new();
    for group in groups {
        if let Some(table) = &group.table {
            builder.table(table.rows.clone(), page);
            let lines: Vec<&Segment> = table.lines.iter().map(|line| &sheet.lines[*line]).collect();
            place(sheet, &lines, &table.bounds, builder);
            continue;
        }
        let text = group.text();
        let edge = group.lines.first().and_then(|line| line.edge);
        let marker = list::marker(&text).filter(|_| edge.is_none() && group.heading.is_none());
        if marker.is_none() {
            margins.clear();
        }
        match (edge, group.heading, marker) {
            (Some(edge), ..) => builder.block(kind_of_edge(edge), &text, page),
            (None, Some(level), _) => {
                builder.block(BlockKind::Heading { level }, group.rich(0, &sheet.links), page);
            }
            (None, None, Some(marker)) => {
                let depth = depth(&mut margins, group.bounds.left, group.size());
                let text = group.rich(marker.width, &sheet.links);
                builder.list_item(depth, marker.number, None, text, page);
            }
            (None, None, None) => builder.block(BlockKind::Paragraph, group.rich(0, &sheet.links), page),
        }
        place(sheet, &group.lines.iter().collect::<Vec<_>>(), &group.bounds, builder);
    }
}

/// How deep an item is, by the margins of the items before it.
fn depth(margins: &mut Vec<f32>, left: f32, size: f32) -> u8 {
    margins.retain(|margin| *margin < left - size * 0.5);
    margins.push(left);
    u8::try_from(margins.len() - 1).unwrap_or(u8::MAX)
}

/// Gives the block that was appended last its place and its lines.
fn place(sheet: &Sheet, lines: &[&Segment], bounds: &Bounds, builder: &mut DocumentBuilder) {
    let phrases: Vec<String> = lines.iter().map(|line| arbitrate::phrase(line)).collect();
    let is_table = builder.last_block().is_some_and(|block| matches!(block.kind, BlockKind::Table { .. }));
    let find = if is_table { arbitrate::find_cells } else { arbitrate::find };
    let found = find(builder.last_text(), phrases.iter().enumerate());
    let Some(block) = builder.last_block().filter(|block| block.page == Some(sheet.number)) else { return };
    block.bounds = Some(rounded(bounds));
    let start = block.range.start;
    let character = |at: usize| start + u32::try_from(at).unwrap_or(u32::MAX);
    let line = |(index, range): (usize, std::ops::Range<usize>)| Line {
        range: TextRange { start: character(range.start), end: character(range.end) },
        bounds: rounded(&lines[index].bounds),
    };
    block.lines = found.into_iter().map(line).collect();
    block.lines.sort_by_key(|line| line.range.start);
}
