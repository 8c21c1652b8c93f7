//! Search: whether it finds, and how fast. Prints one JSON object.
//!
//! `cargo bench -p bench --bench search --features candle`, with a directory of a sentence model in `ELITE_TESTS_MODEL`; without
//! either only what needs no model is measured. Arguments are `found`, `fast`, or both when none is given; a number bounds how many
//! sections are looked for.
//!
//! - `found`: known items. A section of a Markdown file in the cargo registry is a document without its heading; the heading is
//!   looked for. MRR@10 by words, by meaning, and by both, over the same headings, each with its 95 % bootstrap interval.
//! - `fast`: the toolchain's documentation as 100,000 passages, 50 clients that search for headings of it without a pause.
//!   What a passage means is made of its words here, since no model has to be run for the index to have its size.
//!
//! `ELITE_TESTS_POSTGRES` names the programs of a PostgreSQL that has pgvector.

#[path = "search/fast.rs"]
mod fast;
#[path = "search/found.rs"]
mod found;
#[expect(dead_code, reason = "the bench of conflicts names parsed blobs")]
#[path = "pipeline/ground.rs"]
mod ground;
#[path = "pipeline/models.rs"]
mod models;
#[expect(dead_code, reason = "other benches count events")]
#[path = "pipeline/process.rs"]
mod process;
#[path = "search/sections.rs"]
mod sections;
#[path = "pipeline/sentence_model.rs"]
mod sentence_model;
#[expect(dead_code, reason = "the validators are measured by more")]
#[path = "eval/statistics.rs"]
mod statistics;
#[path = "search/vectors.rs"]
mod vectors;

use serde_json::json;
use tokio::runtime::Runtime;

const SECTIONS: usize = 5_000;

fn main() -> anyhow::Result<()> {
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let most = asked.iter().find_map(|asked| asked.parse().ok());
    let wants =
        |part: &str| asked.len() == usize::from(most.is_some()) || asked.iter().any(|asked| asked == part);
    let runtime = Runtime::new()?;
    let mut told = json!({"bench": "search"});
    if wants("found") {
        told["found"] = runtime.block_on(found::measure(most.unwrap_or(SECTIONS)))?;
    }
    if wants("fast") {
        told["fast"] = runtime.block_on(fast::measure())?;
    }
    println!("{told:#}");
    Ok(())
}
