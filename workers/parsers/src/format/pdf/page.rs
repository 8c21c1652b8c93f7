//! A page as blocks: unpdf's structure with our places, or our reading alone. Images, rules and breaks have no text and are left out.

use event_model::{BlockKind, Line, PageNote, SpanStyle, TextRange};
use unpdf::{Block, InlineContent, Page, Paragraph, Table};

use super::{
    arbitrate::{self, Comparison, Verdict},
    hyphens::{self, Divided},
    interpreter::Shown,
    lines::{Edge, Segment, around, rounded},
    nesting,
    reading_order::{self, Group},
};
use crate::{DocumentBuilder, rich_text::RichText};

/// Headings in our own reading are at least this much larger than the text of the page.
const HEADING_SIZES: [(f32, u8); 3] = [(1.6, 1), (1.3, 2), (1.15, 3)];
const HEADING_CHARACTERS_MAX: usize = 150;

/// Our reading of a page.
#[derive(Debug)]
pub(super) struct Sheet {
    pub number: u32,
    pub label: Option<String>,
    pub shown: Shown,
    pub lines: Vec<Segment>,
}

impl Sheet {
    /// Whether unpdf, which recurses into every bracket, must not see it.
    pub(super) fn is_too_deep(&self) -> bool {
        self.shown.nesting > nesting::DEPTH_MAX
    }
}

/// Appends the blocks of a page and the note on how it was read.
pub(super) fn append(sheet: &Sheet, page: Option<&Page>, builder: &mut DocumentBuilder) {
    let blocks: Vec<&Block> = page.map(|page| page.elements.iter().collect()).unwrap_or_default();
    let texts: Vec<String> = blocks.iter().map(|block| text_of(block, &Divided::new())).collect();
    let comparison = arbitrate::compare(&texts, &sheet.lines);
    let engine = match comparison.verdict {
        _ if texts.iter().all(|text| text.trim().is_empty()) && sheet.lines.is_empty() => "none",
        Verdict::Positions => "positions",
        Verdict::Structure => "unpdf",
    };
    match comparison.verdict {
        Verdict::Positions => append_groups(sheet, reading_order::groups(sheet.lines.clone()), builder),
        Verdict::Structure => append_blocks(sheet, &blocks, &texts, &comparison, builder),
    }
    builder.page_note(PageNote {
        page: sheet.number,
        label: sheet.label.clone(),
        width: sheet.shown.width,
        height: sheet.shown.height,
        engine: engine.to_owned(),
        why: why(sheet, &comparison, engine),
    });
}

fn why(sheet: &Sheet, comparison: &Comparison, engine: &str) -> String {
    let Shown { strings, unreadable, images, forms, .. } = sheet.shown;
    let (lost, all) = (comparison.lost, comparison.all);
    let mut why = match engine {
        "none" if unreadable > 0 => "the fonts do not say which characters they show".to_owned(),
        "none" if images > 0 => "no text layer: the page is an image".to_owned(),
        "none" => "the page is empty".to_owned(),
        _ if sheet.is_too_deep() => "the content nests too deeply for the reading with structure".to_owned(),
        "unpdf" if lost == 0 => format!("both readings of {strings} strings agree"),
        "unpdf" => format!("{lost} of {all} characters were lacking and were put back"),
        _ if comparison.glued > lost => {
            format!("the reading with structure ran {} of {all} characters together", comparison.glued)
        }
        _ => format!("the reading with structure lacked {lost} of {all} characters"),
    };
    if forms > 0 {
        why = format!("{why}; {forms} form objects entered");
    }
    if unreadable > 0 && engine != "none" {
        why = format!("{why}; {unreadable} of {strings} strings cannot be read");
    }
    why
}

fn append_blocks(
    sheet: &Sheet,
    blocks: &[&Block],
    texts: &[String],
    comparison: &Comparison,
    builder: &mut DocumentBuilder,
) {
    let divided = hyphens::divided(&reading_order::groups(sheet.lines.clone()));
    let owner = owners(sheet, texts, comparison);
    let mut lacking = lacking_groups(sheet, comparison, &owner);
    let mut rest = lacking.split_off(lacking.partition_point(|(after, _)| after.is_none()));
    append_groups(sheet, lacking.into_iter().map(|(_, group)| group).collect(), builder);
    for (at, block) in blocks.iter().enumerate() {
        if comparison.doubled[at] {
            continue;
        }
        append_block(block, &divided, sheet.number, builder);
        let lines: Vec<usize> = (0..owner.len()).filter(|index| owner[*index] == Some(at)).collect();
        place(sheet, &lines, builder);
        let later = rest.split_off(rest.partition_point(|(after, _)| *after <= Some(at)));
        append_groups(sheet, rest.into_iter().map(|(_, group)| group).collect(), builder);
        rest = later;
    }
    append_groups(sheet, rest.into_iter().map(|(_, group)| group).collect(), builder);
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
    let groups = reading_order::groups(lines.map(|(line, _)| line.clone()).collect());
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

fn kind_of_edge(edge: Edge) -> BlockKind {
    match edge {
        Edge::Top => BlockKind::PageHeader,
        Edge::Bottom => BlockKind::PageFooter,
    }
}

fn append_groups(sheet: &Sheet, groups: Vec<Group>, builder: &mut DocumentBuilder) {
    let usual = usual_size(&sheet.lines);
    for group in groups {
        let text = group.text();
        let size = group.lines[0].size;
        let level = HEADING_SIZES.iter().find(|(factor, _)| size > usual * factor);
        let kind = match (group.lines[0].edge, level) {
            (Some(edge), _) => kind_of_edge(edge),
            (None, Some((_, level))) if is_heading(&text) => BlockKind::Heading { level: *level },
            _ => BlockKind::Paragraph,
        };
        builder.block(kind, &text, Some(sheet.number));
        place_group(sheet, &group, builder);
    }
}

fn place_group(sheet: &Sheet, group: &Group, builder: &mut DocumentBuilder) {
    let phrases: Vec<String> = group.lines.iter().map(arbitrate::phrase).collect();
    let found = arbitrate::find(builder.last_text(), phrases.iter().enumerate());
    let Some(block) = builder.last_block().filter(|block| block.page == Some(sheet.number)) else { return };
    block.bounds = Some(rounded(&group.bounds));
    let start = block.range.start;
    let character = |at: usize| start + u32::try_from(at).unwrap_or(u32::MAX);
    let line = |(index, range): (usize, std::ops::Range<usize>)| Line {
        range: TextRange { start: character(range.start), end: character(range.end) },
        bounds: rounded(&group.lines[index].bounds),
    };
    block.lines = found.into_iter().map(line).collect();
}

fn is_heading(text: &str) -> bool {
    text.chars().count() <= HEADING_CHARACTERS_MAX && text.chars().filter(|c| c.is_alphabetic()).count() > 2
}

/// The size in which most characters of a page are set.
fn usual_size(lines: &[Segment]) -> f32 {
    let mut sizes: Vec<(f32, usize)> = lines.iter().map(|line| (line.size, line.text.len())).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = sizes.iter().map(|(_, count)| count).sum::<usize>() / 2;
    let mut passed = 0;
    let median = sizes.iter().find(|(_, count)| {
        passed += count;
        passed >= half
    });
    median.map_or(f32::INFINITY, |(size, _)| *size)
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
