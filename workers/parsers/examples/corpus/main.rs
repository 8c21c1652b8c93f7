//! Measures the parsers on a folder of real documents with gold texts beside them (`NAME.gold.md`, `NAME.gold.txt`): token
//! F1, rejections and time for each kind, and the worst ten by name. Every document goes through the pool.
//!
//! `cargo run -p parsers --example corpus -- FOLDER [WORST]`; with `explain` behind that, the words the worst lack and have too much.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use parsers::{ChildCommand, ParserPool, PoolConfig, Reason, Source};

use crate::scoring::{Gold, Scores};

mod order;
mod pdf;
mod readings;
mod scoring;
mod structure;

#[derive(Default)]
struct Kind {
    scores: Scores,
    differences: BTreeMap<String, (Vec<String>, Vec<String>)>,
    rejected: BTreeMap<&'static str, Vec<String>>,
    documents: u32,
    time: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: corpus FOLDER [WORST] [explain]")?);
    if std::env::args().nth(2).is_some_and(|argument| argument == "pdf") {
        let dump = std::env::args().nth(4).map(PathBuf::from);
        return pdf::compare(&folder, std::env::args().any(|argument| argument == "each"), dump.as_deref());
    }
    let worst = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(10);
    let explain = std::env::args().any(|argument| argument == "explain");
    let program = std::env::current_exe()?.with_file_name("../parser-child");
    let pool = ParserPool::start(ChildCommand { program, args: Vec::new() }, PoolConfig::default()).await?;
    println!("jail: {:?}", pool.jail_report());
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for path in scoring::documents(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = kinds.entry(Source::named(&name).extension()).or_default();
        let bytes = fs::read(&path)?;
        let begun = Instant::now();
        let verdict = pool.parse(&bytes, &Source::named(&name)).await?;
        kind.time += begun.elapsed();
        kind.documents += 1;
        let text = match verdict {
            Ok(document) => scoring::comparable(&document, &path),
            Err(rejection) => {
                kind.rejected.entry(rejection.reason.as_str()).or_default().push(name.clone());
                if matches!(rejection.reason, Reason::Crashed | Reason::TimeLimit | Reason::MemoryLimit) {
                    println!("{name}: {rejection}");
                }
                String::new()
            }
        };
        if let Some(gold) = Gold::beside(&path) {
            kind.scores.push(gold.agreement(&text), &name);
            if explain {
                kind.differences.insert(name, gold.differences(&text));
            }
        }
    }
    for (extension, kind) in &kinds {
        report(extension, kind, worst);
    }
    Ok(())
}

fn report(extension: &str, kind: &Kind, worst: usize) {
    let summary = kind.scores.summary();
    println!(
        "{extension}: {} documents, {:.1} ms each; {} with gold: mean F1 {:.4} (precision {:.4}, recall {:.4}, order {:.4}), median {:.4}, under 0.9: {}, under 0.5: {}",
        kind.documents,
        kind.time.as_secs_f64() * 1000.0 / f64::from(kind.documents.max(1)),
        summary.documents,
        summary.mean.f1,
        summary.mean.precision,
        summary.mean.recall,
        summary.mean.order,
        summary.median_f1,
        summary.under_90,
        summary.under_50,
    );
    for (reason, names) in &kind.rejected {
        println!("  rejected {reason}: {} ({})", names.len(), names.join(", "));
    }
    for (agreement, name) in kind.scores.worst(worst) {
        println!("  {:.3} ({:.3}, {:.3}) {name}", agreement.f1, agreement.precision, agreement.recall);
        if let Some((lacking, beyond)) = kind.differences.get(name) {
            println!("    lacks {} words: {}", lacking.len(), some_of(lacking));
            println!("    has {} too many: {}", beyond.len(), some_of(beyond));
        }
    }
}

fn some_of(words: &[String]) -> String {
    words.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(" ")
}
