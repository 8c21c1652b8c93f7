//! Measures the validators against ground truth and prints one JSON object, with 95 % bootstrap intervals.
//!
//! Takes a folder with `pii/*.jsonl` and `quality/*.jsonl`; what is not there is left out and named. With names of parts
//! behind the folder only those are measured: `cargo run --release -p validation --example eval -- DATA pii`. The parts
//! `fit-…` print the weights that stand in the code, fitted anew.

mod classifier;
mod conflict;
mod filters;
mod pii;
mod regression;
mod speed;
mod statistics;
mod support;
mod weights;

use std::{error::Error, path::Path};

use serde_json::{Map, Value, json};

type Measure = fn(&[Value]) -> Value;

/// Each part: its name, the folder of its data, and what measures it.
const PARTS: [(&str, &str, Measure); 8] = [
    ("filters", "quality", filters::measure),
    ("speed", "quality", speed::measure),
    ("pii", "pii", pii::measure),
    ("support", "support", support::measure),
    ("conflict", "conflict", conflict::measure),
    ("conflict-on-support", "support", conflict::measure_on_support),
    ("fit-support", "support", |rows| weights::tables(&support::of(rows))),
    ("fit-conflict", "conflict", |rows| weights::tables(&conflict::of(rows))),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("usage: eval DATA [PART…]")?;
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
fn rows(folder: &Path) -> Result<Option<Vec<Value>>, Box<dyn Error>> {
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
