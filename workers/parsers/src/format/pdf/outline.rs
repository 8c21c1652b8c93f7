//! The outline of a document (its bookmarks): which headings it has, and under which.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::resources::dictionary;

const ENTRIES_MAX: usize = 20_000;
const DEPTH_MAX: u8 = 32;

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub title: String,
    /// From 1.
    pub depth: u8,
}

/// The entries in the order in which they are read, each once.
pub(super) fn entries(document: &Document) -> Vec<Entry> {
    let reference = |from: &Dictionary, key: &[u8]| from.get(key).and_then(Object::as_reference).ok();
    let outlines = document.catalog().ok().and_then(|catalog| catalog.get(b"Outlines").ok());
    let first = outlines.and_then(|outlines| reference(dictionary(document, outlines)?, b"First"));
    let mut waiting: Vec<(ObjectId, u8)> = first.map(|first| (first, 1)).into_iter().collect();
    let (mut entries, mut seen) = (Vec::new(), HashSet::new());
    while let Some((id, depth)) = waiting.pop() {
        let entry = document.get_object(id).ok().and_then(|entry| entry.as_dict().ok());
        let Some(entry) = entry.filter(|_| seen.insert(id) && seen.len() <= ENTRIES_MAX) else { continue };
        let title = entry.get(b"Title").ok().and_then(|title| document.dereference(title).ok());
        let title = title.and_then(|(_, title)| lopdf::decode_text_string(title).ok()).unwrap_or_default();
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if !title.is_empty() {
            entries.push(Entry { title, depth });
        }
        waiting.extend(reference(entry, b"Next").map(|next| (next, depth)));
        if depth < DEPTH_MAX {
            waiting.extend(reference(entry, b"First").map(|first| (first, depth + 1)));
        }
    }
    entries
}

/// The outline on one line, for the metadata: `1 Birds | > 1.1 Herons | 2 Fish`.
pub(super) fn summary(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        ">".repeat(usize::from(entry.depth) - 1) + if entry.depth > 1 { " " } else { "" } + &entry.title
    };
    entries.iter().map(line).collect::<Vec<_>>().join(" | ")
}
