//! unpdf's blocks of a page, with our places and with what they lack. Images, rules and breaks have no text and are left out.

use event_model::{BlockKind, Line, SpanStyle, TextRange};
use unpdf::{Block, InlineContent, Paragraph, Table};

use super::{
    arbitrate::{self, Comparison},
    hyphens::{self, Divided},
    page::{append_groups, kind_of_edge},
    reading_order::{self, Group},
    segment::{Segment, around, rounded},
    sheet::Sheet,
};
use crate::{DocumentBuilder, rich_text::RichText};

/// What unpdf read of a page, and how it compares with ours.
pub(super) struct Theirs<'a> {
    pub blocks: Vec<&'a Block>,
    pub texts: Vec<String>,
    pub comparison: Comparison,
}

impl<'a> Theirs<'a> {
    pub(super) fn new(sheet: &Sheet, page: &'a unpdf::Page) -> Self {
        let blocks: Vec<&Block> = page.elements.iter().collect();
        let texts: Vec<String> = blocks.iter().map(|block| text_of(block, &Divided::new())).collect();
        let comparison = arbitrate::compare(&texts, &sheet.lines);
        Self { blocks, texts, comparison }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.iter().all(|text| text.trim().is_empty())
    }
}

/// Appends them, and our lines where they lack some.
pub(super) fn append_blocks(sheet: &Sheet, theirs: &Theirs<'_>, builder: &mut DocumentBuilder) {
    let Theirs { blocks, texts, comparison } = theirs;
    let divided = hyphens::divided(&sheet.groups);
    let owner = owners(sheet, texts, comparison);
    let mut lacking = lacking_groups(sheet, comparison, &owner);
    let mut rest = lacking.split_off(lacking.partition_point(|(after, _)| after.is_none()));
    append_groups(sheet, lacking.iter().map(|(_, group)| group), builder);
    for (at, block) in blocks.iter().enumerate() {
        if comparison.doubled[at] {
            continue;
        }
        append_block(block, &divided, sheet.number, builder);
        let lines: Vec<usize> = (0..owner.len()).filter(|index| owner[*index] == Some(at)).collect();
        place(sheet, &lines, builder);
        let later = rest.split_off(rest.partition_point(|(after, _)| *after <= Some(at)));
        append_groups(sheet, rest.iter().map(|(_, group)| group), builder);
        rest = later;
    }
    append_groups(sheet, rest.iter().map(|(_, group)| group), builder);
}

/// Which block each line belongs to.
fn owners(sheet: &Sheet, texts: &[String], comparison: &Comparison) -> Vec<Option<usize>> {
    let phrases: Vec<String> = sheet.lines.iter().map(arbitrate::phrase).collect();
    let mut free: Vec<usize> = (0..phrases.len()).filter(|index| !comparison.missing[*index]).collect();
    let mut owner = vec![None; phrases.len()];
    for (at, text) in texts.iter().enumerate() {
        for (index, _) in arbitrate::find(text, free.iter().map(|index| (*index, &phrases[*index]))) {
            owner[index] = Some(at);
        }
        free.retain(|index| owner[*index].is_none());
    }
    owner
}

/// The lines that unpdf lacks as groups, each with the block behind which it belongs.
fn lacking_groups(
    sheet: &Sheet,
    comparison: &Comparison,
    owner: &[Option<usize>],
) -> Vec<(Option<usize>, Group)> {
    let lines = sheet.lines.iter().zip(&comparison.missing).filter(|(_, missing)| **missing);
    let groups = reading_order::groups(lines.map(|(line, _)| line.clone()).collect(), Vec::new());
    let mut placed: Vec<(Option<usize>, Group)> = groups
        .into_iter()
        .map(|group| {
            let above = sheet.lines.iter().zip(owner).filter(|(line, owner)| {
                owner.is_some() && line.bounds.top <= group.bounds.top && overlap(line, &group)
            });
            let nearest = above.max_by(|a, b| a.0.bounds.top.total_cmp(&b.0.bounds.top));
            (nearest.and_then(|(_, owner)| *owner), group)
        })
        .collect();
    placed.sort_by_key(|(after, _)| *after);
    placed
}

fn overlap(line: &Segment, group: &Group) -> bool {
    line.bounds.left < group.bounds.right && group.bounds.left < line.bounds.right
}

/// Gives the block that was appended last its place, and says so when it is furniture.
fn place(sheet: &Sheet, lines: &[usize], builder: &mut DocumentBuilder) {
    let text = builder.last_text().to_owned();
    let phrases: Vec<String> = lines.iter().map(|index| arbitrate::phrase(&sheet.lines[*index])).collect();
    let found = arbitrate::find(&text, lines.iter().copied().zip(&phrases));
    let Some(block) = builder.last_block().filter(|block| block.page == Some(sheet.number)) else { return };
    let Some(bounds) =
        found.iter().map(|(index, _)| sheet.lines[*index].bounds).reduce(|a, b| around(&a, &b))
    else {
        return;
    };
    block.bounds = Some(rounded(&bounds));
    let start = block.range.start;
    let character = |at: usize| start + u32::try_from(at).unwrap_or(u32::MAX);
    block.lines = found
        .iter()
        .map(|(index, range)| Line {
            range: TextRange { start: character(range.start), end: character(range.end) },
            bounds: rounded(&sheet.lines[*index].bounds),
        })
        .collect();
    block.lines.sort_by_key(|line| line.range.start);
    let covered: usize = found.iter().map(|(_, range)| range.len()).sum();
    let edge = sheet.lines[found[0].0].edge;
    let all = found.iter().all(|(index, _)| sheet.lines[*index].edge == edge);
    let plain = matches!(block.kind, BlockKind::Paragraph | BlockKind::Heading { .. });
    if plain && all && covered * 5 >= text.chars().count() * 4 {
        block.kind = edge.map_or_else(|| block.kind.clone(), kind_of_edge);
    }
}

fn append_block(block: &Block, divided: &Divided, number: u32, builder: &mut DocumentBuilder) {
    let page = Some(number);
    match block {
        Block::Paragraph(paragraph) => append_paragraph(paragraph, divided, page, builder),
        Block::Table(table) => append_table(table, divided, page, builder),
        Block::Code { content } => builder.block(BlockKind::Code { language: None }, content, page),
        Block::Raw { content } => builder.block(BlockKind::Paragraph, content, page),
        Block::Image { .. } | Block::HorizontalRule | Block::PageBreak | Block::SectionBreak => {}
    }
}

fn append_paragraph(
    paragraph: &Paragraph,
    divided: &Divided,
    page: Option<u32>,
    builder: &mut DocumentBuilder,
) {
    let text = rich(paragraph, divided);
    if let Some(level) = paragraph.heading_level() {
        builder.block(BlockKind::Heading { level: level.clamp(1, 6) }, text, page);
    } else if let Some(list) = &paragraph.style.list_info {
        builder.list_item(list.level, list.item_number.map(u64::from), None, text, page);
    } else {
        builder.block(BlockKind::Paragraph, text, page);
    }
}

fn append_table(table: &Table, divided: &Divided, page: Option<u32>, builder: &mut DocumentBuilder) {
    let mut cell = |paragraphs: &[Paragraph]| {
        let texts: Vec<String> =
            paragraphs.iter().map(|paragraph| rich(paragraph, divided).as_str().to_owned()).collect();
        for part in paragraphs.iter().flat_map(|paragraph| &paragraph.content) {
            if let InlineContent::Link { text, url, .. } = part {
                builder.link(text, url);
            }
        }
        texts.join(" ")
    };
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|content| cell(&content.content)).collect())
        .collect();
    builder.table(rows, page);
}

/// The text without the list marker, with its links, and with bold and italic where they set something off.
fn rich(paragraph: &Paragraph, divided: &Divided) -> RichText {
    let mut text = RichText::default();
    for part in &paragraph.content {
        let start = text.place();
        match part {
            InlineContent::Text(run) => {
                text.push(&hyphens::joined(&run.text, divided));
                if run.style.strikethrough {
                    text.mark(start, SpanStyle::Strikethrough);
                }
            }
            InlineContent::LineBreak => text.push("\n"),
            InlineContent::Link { text: shown, url, .. } => {
                text.push(shown);
                text.mark(start, SpanStyle::Link { target: url.clone() });
            }
            InlineContent::Image { .. } => {}
        }
    }
    text
}

/// All that a reader would see of a block.
fn text_of(block: &Block, divided: &Divided) -> String {
    match block {
        Block::Paragraph(paragraph) => rich(paragraph, divided).as_str().to_owned(),
        Block::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            let texts = cells
                .flat_map(|cell| &cell.content)
                .map(|paragraph| rich(paragraph, divided).as_str().to_owned());
            texts.collect::<Vec<_>>().join(" ")
        }
        Block::Code { content } | Block::Raw { content } => content.clone(),
        Block::Image { .. } | Block::HorizontalRule | Block::PageBreak | Block::SectionBreak => String::new(),
    }
}
