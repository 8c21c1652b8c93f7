//! Measures the validators against ground truth and prints one JSON object, with 95 % bootstrap intervals.
//!
//! `cargo bench -p bench --bench eval -- DATA [PART…]`: DATA is a folder with `quality`, `pii`, `support` and `conflict`; what is not
//! there is left out and named. The parts `fit-…` print the weights that stand in the code, fitted anew. With `--features candle` and
//! the directory of a sentence model in `ELITE_TESTS_MODEL` support is measured by meaning, too.

#[path = "eval/classifier.rs"]
mod classifier;
#[path = "eval/conflict.rs"]
mod conflict;
#[path = "eval/filters.rs"]
mod filters;
#[path = "eval/pii.rs"]
mod pii;
#[path = "eval/regression.rs"]
mod regression;
#[path = "pipeline/sentence_model.rs"]
mod sentence_model;
#[path = "eval/speed.rs"]
mod speed;
#[path = "eval/statistics.rs"]
mod statistics;
#[path = "eval/support.rs"]
mod support;
#[path = "eval/weights.rs"]
mod weights;

use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

type Measure = fn(&[Value]) -> Value;

/// Each part: its name, the folder of its data, and what measures it.
const PARTS: [(&str, &str, Measure); 10] = [
    ("filters", "quality", filters::measure),
    ("speed", "quality", speed::measure),
    ("pii", "pii", pii::measure),
    ("support", "support", support::measure),
    ("support-by-meaning", "support", support::measure_by_meaning),
    ("conflict", "conflict", conflict::measure),
    ("conflict-on-support", "support", conflict::measure_on_support),
    ("fit-support", "support", |rows| weights::tables(&support::of(rows))),
    ("fit-support-by-meaning", "support", support::fit_by_meaning),
    ("fit-conflict", "conflict", |rows| weights::tables(&conflict::of(rows))),
];

fn main() -> anyhow::Result<()> {
    // Cargo says `--bench`; `--python` and the like are of single parts.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let data = arguments.next().context("which data? `cargo bench -p bench --bench eval -- DATA [PART…]`")?;
    let is_part = |argument: &String| PARTS.iter().any(|(name, ..)| name == argument);
    let asked: Vec<String> = arguments.filter(is_part).collect();
    let mut report = Map::new();
    for (name, folder, measure) in PARTS {
        if (asked.is_empty() && !name.starts_with("fit-")) || asked.iter().any(|part| part == name) {
            let rows = rows(&Path::new(&data).join(folder))?;
            report.insert(
                name.to_owned(),
                rows.map_or_else(|| json!("NOT RUN: no data"), |rows| measure(&rows)),
            );
        }
    }
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// The rows of every file of a folder, files in the order of their names; `None` without the folder.
fn rows(folder: &Path) -> anyhow::Result<Option<Vec<Value>>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let mut rows = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => {
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    rows.push(serde_json::from_str(line)?);
                }
            }
            Some("tsv") => rows.extend(of_table(&text)),
            _ => {}
        }
    }
    Ok(Some(rows))
}

/// The rows of a table with tabs between its columns and their names in its first line.
fn of_table(text: &str) -> Vec<Value> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let row = |line: &str| {
        let cells = line.split('\t').map(|cell| Value::from(cell.trim_matches('"')));
        Value::Object(names.iter().map(|name| (*name).to_owned()).zip(cells).collect())
    };
    lines.map(row).collect()
}
