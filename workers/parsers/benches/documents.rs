//! Documents: how much of what real documents say is read, and at what cost, beside what people use from `PyPI`, in the same run. Prints
//! one JSON object. `cargo bench -p parsers --bench documents -- [FOLDER]`; without a folder `../shared/corpus` is taken, if it is there.
//!
//! The folder holds documents with gold texts beside them (`NAME.gold.md`, `NAME.gold.txt`). Everything runs in one thread, and what is
//! counted is processor time. Markdown has no gold; the golds that are Markdown are read for their speed.

#[path = "documents/engine.rs"]
mod engine;
#[path = "../examples/corpus/order.rs"]
mod order;
#[path = "documents/peers.rs"]
mod peers;
#[path = "../examples/corpus/readings.rs"]
mod readings;
#[expect(dead_code, reason = "the example scores more")]
#[path = "../examples/corpus/scoring.rs"]
mod scoring;
#[path = "../examples/corpus/structure.rs"]
mod structure;
#[path = "documents/structures.rs"]
mod structures;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::{
    engine::{Document, Reading, read_ours},
    scoring::{Gold, Scores},
};

const WORST: usize = 10;
const WORDS_SHOWN: usize = 8;

/// A kind of document, and who reads it beside us.
const KINDS: [(&str, &[&str], &[&str]); 5] = [
    ("pdf, independent gold", &["pdf"], &["pypdf", "PyMuPDF", "kreuzberg"]),
    ("pdf, text of poppler as gold", &["pdf"], &["pypdf", "PyMuPDF", "kreuzberg"]),
    ("docx", &["docx", "docm", "dotx"], &["python-docx", "kreuzberg"]),
    ("html", &["html"], &["beautifulsoup4", "kreuzberg", "trafilatura"]),
    ("markdown", &["md"], &["Markdown", "kreuzberg"]),
];

fn main() -> anyhow::Result<()> {
    let folder = folder()?;
    let python = peers::Python::set_up()?;
    let mut tables = Map::new();
    for (kind, extensions, engines) in KINDS {
        let documents = documents_of(&folder, kind, extensions)?;
        // What is set up with the first document is not its fault, as with the peers.
        documents.first().map(read_ours).transpose()?;
        let ours: Vec<Reading> = documents.iter().map(read_ours).collect::<anyhow::Result<_>>()?;
        let pages: BTreeMap<&Path, u32> =
            documents.iter().zip(&ours).filter_map(|(one, ours)| Some((one.path(), ours.pages?))).collect();
        let mut table = Map::new();
        let own = summary(&documents, &ours, &pages, true);
        for engine in engines {
            let peer = match python.read(engine, &documents)? {
                Ok(readings) => {
                    let mut peer = summary(&documents, &readings, &pages, false);
                    peer["cpu_of_ours"] = cpu_of_ours(&readings, &ours);
                    peer
                }
                Err(reason) => json!({ "NOT RUN": reason }),
            };
            table.insert((*engine).to_owned(), peer);
        }
        table.insert("ours".to_owned(), own);
        tables.insert(kind.to_owned(), table.into());
        if kind == KINDS[0].0 {
            tables.insert("pdf, structure".to_owned(), structures::table(&documents));
        }
    }
    println!("{:#}", json!({"bench": "documents", "folder": folder, "tables": tables}));
    Ok(())
}

fn folder() -> anyhow::Result<PathBuf> {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = given.unwrap_or_else(usual);
    folder.canonicalize().with_context(|| format!("no documents in {}; give a folder", folder.display()))
}

fn documents_of(folder: &Path, kind: &str, extensions: &[&str]) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for path in scoring::documents(folder)? {
        let markdown = path.with_extension("gold.md");
        let independent = markdown.exists();
        let is = |extension: &&str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
        match kind {
            "markdown" if independent => documents.push(Document::read(markdown, None)?),
            "markdown" => {}
            _ if !extensions.iter().any(is) => {}
            "pdf, independent gold" if !independent => {}
            _ => {
                let text = kind == "pdf, text of poppler as gold";
                let gold = if text { text_beside(&path) } else { Gold::beside(&path) };
                if gold.is_some() || !text {
                    documents.push(Document::read(path, gold)?);
                }
            }
        }
    }
    Ok(documents)
}

/// What poppler reads in a document, if that is enough to judge by.
fn text_beside(path: &Path) -> Option<Gold> {
    let text = std::fs::read(path.with_extension("gold.txt")).ok()?;
    let text = String::from_utf8_lossy(&text);
    (text.split_whitespace().count() > 1).then(|| Gold::of_text(&text))
}

#[expect(clippy::cast_precision_loss, reason = "bytes and pages of a corpus")]
fn summary(
    documents: &[Document],
    readings: &[Reading],
    pages: &BTreeMap<&Path, u32>,
    explain: bool,
) -> Value {
    let (mut scores, mut silent, mut failed) = (Scores::default(), Vec::new(), Vec::new());
    for (document, reading) in documents.iter().zip(readings) {
        let text = reading.text.as_deref().unwrap_or_default();
        if let Some(error) = &reading.error {
            failed.push(format!("{}: {error}", document.name()));
        }
        let Some(gold) = document.gold() else { continue };
        let agreement = gold.agreement(text);
        if reading.error.is_none() && agreement.recall < 0.1 {
            silent.push(document.name());
        }
        scores.push(agreement, &document.name());
    }
    let cpu_ms: f64 = readings.iter().map(|reading| reading.cpu_ms).sum();
    let bytes: usize = documents.iter().map(|document| document.bytes().len()).sum();
    let page_count: u32 = documents.iter().filter_map(|document| pages.get(document.path())).sum();
    let summary = scores.summary();
    let mut value = json!({
        "documents": documents.len(),
        "failed": failed,
        "cpu_ms_per_document": rounded(cpu_ms / documents.len().max(1) as f64),
        "documents_per_second": rounded(documents.len() as f64 * 1_000.0 / cpu_ms),
        "megabytes_per_second": rounded(bytes as f64 / 1_000.0 / cpu_ms),
    });
    if page_count > 0 {
        value["cpu_ms_per_page"] = rounded(cpu_ms / f64::from(page_count));
    }
    if summary.documents > 0 {
        value["with_gold"] = json!(summary.documents);
        value["f1_mean"] = rounded(summary.mean.f1);
        value["precision"] = rounded(summary.mean.precision);
        value["recall"] = rounded(summary.mean.recall);
        value["order"] = rounded(summary.mean.order);
        value["f1_median"] = rounded(summary.median_f1);
        value["under_0.9"] = json!(summary.under_90);
        value["under_0.5"] = json!(summary.under_50);
        value["lost_without_a_word"] = json!(silent);
    }
    if explain {
        value["worst"] = worst(documents, readings, &scores);
    }
    value
}

/// The worst by name, with some of the words that they lack and have too many.
fn worst(documents: &[Document], readings: &[Reading], scores: &Scores) -> Value {
    let explained = scores.worst(WORST).into_iter().map(|(agreement, name)| {
        let found = documents.iter().zip(readings).find(|(document, _)| document.name() == *name);
        let (lacking, beyond) = found
            .and_then(|(document, reading)| {
                Some(document.gold()?.differences(reading.text.as_deref().unwrap_or_default()))
            })
            .unwrap_or_default();
        let some = |words: &[String]| words.iter().take(WORDS_SHOWN).cloned().collect::<Vec<_>>().join(" ");
        json!({"name": name, "f1": rounded(agreement.f1), "precision": rounded(agreement.precision),
               "recall": rounded(agreement.recall), "lacks": some(&lacking), "has_too_many": some(&beyond)})
    });
    explained.collect()
}

/// Processor time beside ours, on what both read: a refusal costs next to nothing.
fn cpu_of_ours(peer: &[Reading], ours: &[Reading]) -> Value {
    let both = peer.iter().zip(ours).filter(|(peer, ours)| peer.error.is_none() && ours.error.is_none());
    let (peer, ours) =
        both.fold((0.0, 0.0), |sums, (peer, ours)| (sums.0 + peer.cpu_ms, sums.1 + ours.cpu_ms));
    if ours > 0.0 { rounded(peer / ours) } else { Value::Null }
}

/// To four digits behind the point.
fn rounded(number: f64) -> Value {
    json!((number * 10_000.0).round() / 10_000.0)
}
