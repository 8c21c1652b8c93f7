//! One page of unpdf's model as blocks. Images, rules and breaks have no text and are left out.

use event_model::BlockKind;
use unpdf::{Block, InlineContent, Page, Paragraph, Table};

use crate::DocumentBuilder;

pub(super) fn append(page: &Page, builder: &mut DocumentBuilder) {
    let number = Some(page.number);
    for block in &page.elements {
        match block {
            Block::Paragraph(paragraph) => append_paragraph(paragraph, number, builder),
            Block::Table(table) => append_table(table, number, builder),
            Block::Code { content } => builder.block(BlockKind::Code { language: None }, content, number),
            Block::Raw { content } => builder.block(BlockKind::Paragraph, content, number),
            Block::Image { .. } | Block::HorizontalRule | Block::PageBreak | Block::SectionBreak => {}
        }
    }
}

fn append_paragraph(paragraph: &Paragraph, page: Option<u32>, builder: &mut DocumentBuilder) {
    let text = text_of(paragraph, builder);
    if let Some(level) = paragraph.heading_level() {
        builder.block(BlockKind::Heading { level: level.clamp(1, 6) }, &text, page);
    } else if let Some(list) = &paragraph.style.list_info {
        builder.list_item(list.level, list.item_number.map(u64::from), None, &text, page);
    } else {
        builder.block(BlockKind::Paragraph, &text, page);
    }
}

fn append_table(table: &Table, page: Option<u32>, builder: &mut DocumentBuilder) {
    let mut cell = |paragraphs: &[Paragraph]| {
        paragraphs.iter().map(|paragraph| text_of(paragraph, builder)).collect::<Vec<_>>().join(" ")
    };
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|content| cell(&content.content)).collect())
        .collect();
    builder.table(rows, page);
}

/// The text without the list marker; links are noted on the way.
fn text_of(paragraph: &Paragraph, builder: &mut DocumentBuilder) -> String {
    let mut text = String::new();
    for part in &paragraph.content {
        match part {
            InlineContent::Text(run) => text.push_str(&run.text),
            InlineContent::LineBreak => text.push('\n'),
            InlineContent::Link { text: shown, url, .. } => {
                text.push_str(shown);
                builder.link(shown, url);
            }
            InlineContent::Image { .. } => {}
        }
    }
    text
}
