//! Sections of the Markdown files in the cargo registry: a heading, and what stands below it.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};
use event_model::{BlobRef, BlockKind};
use parsers::Source;

use crate::ground::files;

/// Characters of a section that is short enough for a few passages, and long enough to say something.
const BODY_CHARACTERS: std::ops::RangeInclusive<usize> = 200..=2_500;

#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) heading: String,
    /// Its Markdown, without the heading.
    pub(crate) body: String,
}

/// Sections whose heading is that of no other section, in an order that has nothing to do with where they are. A heading that
/// many have, such as “License”, names none of them.
pub(crate) fn sections(wanted: usize) -> anyhow::Result<Vec<Section>> {
    let home = std::env::home_dir().context("there is no home directory")?;
    let mut found: BTreeMap<BlobRef, Section> = BTreeMap::new();
    let mut times: HashMap<String, u32> = HashMap::new();
    for path in files(&home.join(".cargo/registry/src"), "md")? {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for section in of_file(&bytes) {
            // The same file in another version of the crate is the same section.
            if found.insert(BlobRef::of(section.body.as_bytes()), section.clone()).is_none() {
                *times.entry(section.heading.to_lowercase()).or_default() += 1;
            }
        }
    }
    let mut sections: Vec<Section> = found.into_values().collect();
    sections.retain(|section| times[&section.heading.to_lowercase()] == 1);
    ensure!(sections.len() >= wanted, "the registry has only {} such sections", sections.len());
    sections.truncate(wanted);
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

/// Not a version, not a date, not a single word such as “Usage”.
fn says_something(heading: &str) -> bool {
    let word = |word: &&str| word.chars().filter(|character| character.is_alphabetic()).count() >= 3;
    heading.split_whitespace().filter(word).count() >= 2
}
