//! What chunks promise, on documents written here and on random ones.

use event_model::{Block, BlockKind};
use proptest::prelude::*;

use super::*;
use crate::DocumentBuilder;

mod edits;

fn cut(blocks: &[(BlockKind, String)]) -> ParsedDocument {
    let mut builder = DocumentBuilder::new("text/plain", Tool::default());
    for (at, (kind, text)) in blocks.iter().enumerate() {
        builder.block(kind.clone(), text, u32::try_from(at / 3 + 1).ok());
    }
    let mut document = builder.finish().unwrap_or_default();
    chunk(&mut document, &Estimate);
    document
}

fn heading(level: u8, text: &str) -> (BlockKind, String) {
    (BlockKind::Heading { level }, text.to_owned())
}

fn paragraph(characters: usize) -> (BlockKind, String) {
    (BlockKind::Paragraph, "Words. ".repeat(characters / 7 + 1))
}

fn code(lines: usize) -> (BlockKind, String) {
    (BlockKind::Code { language: None }, "    call(ß);\n".repeat(lines))
}

fn slice(text: &str, range: TextRange) -> String {
    text.chars().skip(range.start as usize).take((range.end - range.start) as usize).collect()
}

#[test]
fn sections_do_not_share_a_chunk_unless_they_are_crumbs() {
    let document = cut(&[
        heading(1, "Guide"),
        heading(2, "Install"),
        paragraph(600),
        heading(2, "Use"),
        paragraph(600),
        heading(3, "First"),
        paragraph(50),
        heading(3, "Second"),
        paragraph(50),
    ]);
    let paths: Vec<String> = document.chunks.iter().map(|chunk| chunk.heading_path.join("/")).collect();
    assert_eq!(paths, ["Guide/Install", "Guide/Use"]);
    assert!(document.chunks[0].text.starts_with("Guide\n\nInstall\n\nWords."));
    assert!(document.chunks[1].text.contains("First") && document.chunks[1].text.contains("Second"));
}

#[test]
fn a_code_block_that_fits_is_never_cut() {
    let document = cut(&[paragraph(700), code(140), paragraph(700)]);
    let block: &Block = &document.blocks[1];
    assert!(
        document
            .chunks
            .iter()
            .any(|chunk| { chunk.range.start <= block.range.start && block.range.end <= chunk.range.end })
    );
}

#[test]
fn a_code_block_over_the_bound_is_cut_at_line_ends() {
    let document = cut(&[code(900)]);
    assert!(document.chunks.len() > 2);
    for chunk in &document.chunks {
        assert!(chunk.text.lines().all(|line| line == "    call(ß);"), "a line was cut: {}", chunk.text);
    }
}

#[test]
fn a_heading_stays_with_what_it_heads() {
    let document = cut(&[paragraph(600), heading(2, "Next"), paragraph(600)]);
    assert!(document.chunks[1].text.starts_with("Next\n\nWords."));
    assert_eq!(document.chunks[1].heading_path, ["Next"]);
}

fn any_block() -> impl Strategy<Value = (BlockKind, String)> {
    let text = prop_oneof![
        "[a-zA-ZäöüßЖ漢🦀 .,\\n]{0,400}",
        ("[a-zß🦀 ]{1,9}", 1_usize..900).prop_map(|(word, times)| word.repeat(times)),
    ];
    let kind = prop_oneof![
        (1_u8..=6).prop_map(|level| BlockKind::Heading { level }),
        Just(BlockKind::Paragraph),
        Just(BlockKind::Code { language: None }),
        Just(BlockKind::ListItem { depth: 0, number: None, checked: None }),
    ];
    (kind, text)
}

proptest! {
    #[test]
    fn a_chunk_is_exactly_its_range_and_nothing_is_lost(blocks in prop::collection::vec(any_block(), 0..24)) {
        let document = cut(&blocks);
        let mut end = 0;
        for chunk in &document.chunks {
            prop_assert_eq!(&slice(&document.text, chunk.range), &chunk.text);
            prop_assert!(Estimate.count(&chunk.text) <= 2 * CODE_TOKENS_MAX);
            prop_assert!(!chunk.text.trim().is_empty());
            let gap = slice(&document.text, TextRange { start: end, end: chunk.range.start });
            prop_assert!(gap.trim().is_empty(), "lost {:?}", gap);
            end = chunk.range.end;
        }
        prop_assert_eq!(end as usize, document.text.chars().count());
    }
}
