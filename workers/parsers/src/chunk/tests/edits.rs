//! What an edit costs: passages that are new, in a document of 300 pages.

use std::collections::BTreeSet;

use event_model::{Block, BlockKind, ParsedDocument, TextRange};

use super::super::{Estimate, chunk};

/// Words of 300 pages.
const WORDS: usize = 120_000;
const EDITS: usize = 12;
const VOCABULARY: &[&str] = &[
    "river",
    "heron",
    "the",
    "of",
    "waits",
    "quietly",
    "configuration",
    "near",
    "old",
    "bridge",
    "while",
    "water",
    "moves",
    "slowly",
    "under",
    "willow",
    "branches",
    "and",
    "nobody",
    "sees",
    "it",
    "there",
];

/// Chance that is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }

    fn text(&mut self, words: usize) -> String {
        let words: Vec<&str> = (0..words).map(|_| VOCABULARY[self.below(VOCABULARY.len())]).collect();
        words.join(" ")
    }
}

type Blocks = Vec<(BlockKind, String)>;

fn document(blocks: &Blocks) -> ParsedDocument {
    let mut document = ParsedDocument::default();
    let mut start = 0;
    for (kind, text) in blocks {
        let end = start + u32::try_from(text.chars().count()).unwrap_or_default();
        document.blocks.push(Block::new(kind.clone(), TextRange { start, end }, None));
        document.text.push_str(text);
        document.text.push_str("\n\n");
        start = end + 2;
    }
    chunk(&mut document, &Estimate);
    document
}

fn ids(blocks: &Blocks) -> BTreeSet<String> {
    document(blocks).chunks.into_iter().map(|chunk| chunk.id).collect()
}

/// A heading before every `section`th paragraph of up to `longest` words, or none.
fn pages(chance: &mut Chance, section: Option<usize>, longest: usize) -> Blocks {
    let (mut blocks, mut words) = (Vec::new(), 0);
    while words < WORDS {
        if section.is_some_and(|section| blocks.len() % (section + 1) == 0) {
            let level = u8::try_from(1 + chance.below(3)).unwrap_or(1);
            blocks.push((BlockKind::Heading { level }, chance.text(4)));
        }
        let paragraph = 3 + chance.below(longest - 3);
        blocks.push((BlockKind::Paragraph, chance.text(paragraph)));
        words += paragraph;
    }
    blocks
}

#[test]
fn an_edited_paragraph_of_300_pages_costs_one_to_three_passages() {
    // Where sections are a line or two, an edit may take away or bring the border that held several of them apart.
    for (section, longest, max) in [(None, 120, 3), (Some(8), 120, 3), (Some(1), 20, 5), (None, 12, 3)] {
        let mut chance = Chance(7);
        let blocks = pages(&mut chance, section, longest);
        let before = ids(&blocks);
        let (mut most, mut over_three) = (0, 0);
        for edit in 0..EDITS {
            let mut edited = blocks.clone();
            let paragraphs = |at: &usize| edited[*at].0 == BlockKind::Paragraph;
            let at = (chance.below(blocks.len() - 2)..blocks.len()).find(paragraphs).unwrap();
            let written = (BlockKind::Paragraph, chance.text(longest / 2));
            match edit % 3 {
                0 => edited[at] = written,
                1 => edited.insert(at, written),
                _ => drop(edited.remove(at)),
            }
            let new = ids(&edited).difference(&before).count();
            (most, over_three) = (most.max(new), over_three + usize::from(new > 3));
        }
        assert!((1..=max).contains(&most), "{most} new passages, {section:?} {longest}");
        assert!(over_three * 10 <= EDITS, "{over_three} edits cost more than three passages");
    }
}

#[test]
fn what_has_no_borders_is_cut_in_bounded_time_and_never_endless() {
    let texts = [
        "a",
        "word ",
        "שלום עולם. ",
        "\u{200b}",
        "👩\u{200d}",
        "aGVsbG8gd29ybGQg",
        "漢字",
        "مرحبا hello 世界 ",
    ];
    for text in texts {
        for kind in
            [BlockKind::Paragraph, BlockKind::Code { language: None }, BlockKind::Heading { level: 1 }]
        {
            let document = document(&vec![(kind, text.repeat(200_000 / text.len()))]);
            let longest = document.chunks.iter().map(|chunk| chunk.text.chars().count()).max();
            assert!(longest.is_some_and(|longest| longest <= 2_100), "{text:?}: {longest:?}");
        }
    }
    assert!(document(&Vec::new()).chunks.is_empty());
}
