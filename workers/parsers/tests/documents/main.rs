//! Documents made here, parsed: what each format keeps, and what hostile bytes get.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bombs;
mod code;
mod docx;
mod docx_stories;
mod docx_witness;
mod fixtures;
mod hostile;
mod html;
mod html_articles;
mod html_metadata;
mod html_references;
mod markdown;
mod mutations;
mod packages;
mod pdf;
mod pdf_structure;
mod round_trip;
mod sniffing;
mod texts;

use event_model::{BlockKind, ParsedDocument};
use parsers::{Rejection, Source};

fn parse(bytes: &[u8], name: &str) -> Result<ParsedDocument, Rejection> {
    parsers::parse(bytes, &Source::named(name))
}

/// Kind and text of every block, as one line each.
fn outline(document: &ParsedDocument) -> Vec<String> {
    let text: Vec<char> = document.text.chars().collect();
    let line = |block: &event_model::Block| {
        let text: String = text[block.range.start as usize..block.range.end as usize].iter().collect();
        format!("{}: {text}", label(&block.kind))
    };
    document.blocks.iter().map(line).collect()
}

fn label(kind: &BlockKind) -> String {
    match kind {
        BlockKind::Heading { level } => format!("h{level}"),
        BlockKind::Paragraph => "p".into(),
        BlockKind::ListItem { depth, .. } => format!("li{depth}"),
        BlockKind::Table { rows } => format!("table {}x{}", rows.len(), rows[0].len()),
        BlockKind::Code { language } => format!("code {}", language.as_deref().unwrap_or("-")),
        BlockKind::Quote { .. } => "quote".into(),
        BlockKind::Footnote => "footnote".into(),
        BlockKind::Comment { author } => format!("comment {}", author.as_deref().unwrap_or("-")),
        BlockKind::Equation => "equation".into(),
        BlockKind::PageHeader => "page header".into(),
        BlockKind::PageFooter => "page footer".into(),
    }
}
