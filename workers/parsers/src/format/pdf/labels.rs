//! What a document itself calls its pages (`iv`, `A-3`).

use lopdf::{Dictionary, Document, Object};

use super::resources::dictionary;
use crate::numerals::{letters, roman};

/// Ranges of labels; real documents have a few dozen.
const RANGES_MAX: usize = 10_000;
const NODES_MAX: usize = 1_000;

/// The label of each page that has one other than its number.
pub(super) fn labels(document: &Document, pages: usize) -> Vec<Option<String>> {
    let mut ranges = ranges(document);
    ranges.sort_by_key(|(first, _)| *first);
    let mut labels = vec![None; pages];
    for (at, (first, style)) in ranges.iter().enumerate() {
        let end = ranges.get(at + 1).map_or(pages, |(next, _)| *next).min(pages);
        for (page, place) in labels.iter_mut().enumerate().take(end).skip(*first) {
            let label = label(style, page - first);
            *place = Some(label).filter(|label| !label.is_empty() && *label != (page + 1).to_string());
        }
    }
    labels
}

/// The leaves of the number tree, without recursion and each node once.
fn ranges(document: &Document) -> Vec<(usize, &Dictionary)> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Object> =
        document.catalog().ok().and_then(|catalog| catalog.get(b"PageLabels").ok()).into_iter().collect();
    let mut nodes = 0;
    while let Some(node) = waiting.pop().filter(|_| nodes < NODES_MAX) {
        nodes += 1;
        let Some(node) = dictionary(document, node) else { continue };
        let array = |key: &[u8]| {
            let object = document.dereference(node.get(key).ok()?).ok()?.1;
            object.as_array().ok()
        };
        waiting.extend(array(b"Kids").into_iter().flatten().take(NODES_MAX));
        for pair in array(b"Nums").into_iter().flat_map(|numbers| numbers.chunks_exact(2)) {
            let first = pair[0].as_i64().ok().and_then(|first| usize::try_from(first).ok());
            if let (Some(first), Some(style)) = (first, dictionary(document, &pair[1]))
                && found.len() < RANGES_MAX
            {
                found.push((first, style));
            }
        }
    }
    found
}

fn label(style: &Dictionary, offset: usize) -> String {
    let prefix =
        style.get(b"P").ok().and_then(|prefix| lopdf::decode_text_string(prefix).ok()).unwrap_or_default();
    let first = style.get(b"St").and_then(Object::as_i64).ok().and_then(|first| u64::try_from(first).ok());
    let number = first.unwrap_or(1).saturating_add(offset as u64);
    let numeral = match style.get(b"S").and_then(Object::as_name).unwrap_or_default() {
        b"D" => None,
        b"r" => roman(number),
        b"R" => roman(number).map(|numeral| numeral.to_uppercase()),
        b"a" => letters(number),
        b"A" => letters(number).map(|numeral| numeral.to_uppercase()),
        _ => Some(String::new()),
    };
    let numeral = numeral.unwrap_or_else(|| number.to_string());
    prefix.chars().take(100).collect::<String>() + &numeral
}
