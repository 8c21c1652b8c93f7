//! Sections of the Markdown files in the cargo registry: a heading, and what stands below it.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use anyhow::{Context, ensure};
use event_model::{BlobRef, BlockKind};
use parsers::Source;

use crate::ground::files;

/// Characters of a section that is short enough for a few passages, and long enough to say something.
const BODY_CHARACTERS: std::ops::RangeInclusive<usize> = 80..=4_000;
/// Sections that may have one heading. What more have, such as “License”, names none of them.
const SAME_HEADING_MAX: u32 = 3;

pub(crate) struct Section {
    pub(crate) heading: String,
    /// Its Markdown, without the heading.
    pub(crate) body: String,
}

/// Up to `most` sections, in an order that has nothing to do with where they are.
pub(crate) fn sections(most: usize) -> anyhow::Result<Vec<Section>> {
    let home = std::env::home_dir().context("there is no home directory")?;
    let mut found: BTreeMap<BlobRef, Section> = BTreeMap::new();
    let mut times: HashMap<String, u32> = HashMap::new();
    for path in files(&home.join(".cargo/registry/src"), "md")? {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for section in of_file(&bytes) {
            // The same file in another version of the crate is the same section.
            if let Entry::Vacant(place) = found.entry(BlobRef::of(section.body.as_bytes())) {
                *times.entry(section.heading.to_lowercase()).or_default() += 1;
                place.insert(section);
            }
        }
    }
    let mut sections: Vec<Section> = found.into_values().collect();
    sections.retain(|section| times[&section.heading.to_lowercase()] <= SAME_HEADING_MAX);
    ensure!(!sections.is_empty(), "there is no Markdown in the cargo registry");
    sections.truncate(most);
    Ok(sections)
}

fn of_file(bytes: &[u8]) -> Vec<Section> {
    let Ok(document) = parsers::parse(bytes, &Source::named("registry.md")) else { return Vec::new() };
    let markdown = document.markdown_blocks();
    let text: Vec<char> = document.text.chars().collect();
    let (mut sections, mut open): (Vec<Section>, Option<Section>) = (Vec::new(), None);
    for (block, markdown) in document.blocks.iter().zip(markdown) {
        if let BlockKind::Heading { .. } = block.kind {
            sections.extend(open.take());
            let heading = &text[block.range.start as usize..block.range.end as usize];
            open = Some(Section { heading: heading.iter().collect(), body: String::new() });
        } else if let Some(section) = &mut open {
            section.body.push_str(&markdown);
            section.body.push_str("\n\n");
        }
    }
    sections.extend(open);
    sections.retain(|section| {
        BODY_CHARACTERS.contains(&section.body.chars().count()) && says_something(&section.heading)
    });
    sections
}

/// Not a version and not a date.
fn says_something(heading: &str) -> bool {
    heading.split(|character: char| !character.is_alphabetic()).any(|word| word.chars().count() >= 3)
}
