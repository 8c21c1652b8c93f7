//! `elite search`: passages, best first.

use std::process::ExitCode;

use anyhow::Result;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    asking::ask,
    config::Config,
    output,
    request::{Request, Search},
};

/// Flags of `elite search`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words to look for; "quoted phrases", -without and OR are understood
    #[arg(required = true)]
    query: Vec<String>,
    /// Passages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Only in this document
    #[arg(long, value_name = "ID")]
    document: Option<Uuid>,
    /// Only in documents of this kind
    #[arg(long, value_parser = ["prose", "code", "chat"])]
    kind: Option<String>,
    /// Only in documents in this language, such as `en`
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Only in documents that satisfy this share of the rules, 0 to 1
    #[arg(long, value_name = "SHARE")]
    quality_min: Option<f64>,
    /// Not in documents that were checked and have less support from trusted sources than this, 0 to 1
    #[arg(long, value_name = "SCORE")]
    support_min: Option<f64>,
    /// Tell why each passage was found
    #[arg(long)]
    why: bool,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let Args { limit, document, kind, language, quality_min, support_min, why, .. } = args;
    let query = args.query.join(" ");
    let search = Search { query, limit, document, kind, language, quality_min, support_min };
    let found = ask(config, Request::Search(search), |_| {}).await?;
    if config.json {
        output::json(&found);
        return Ok(ExitCode::SUCCESS);
    }
    let hits = found["hits"].as_array().map(Vec::as_slice).unwrap_or_default();
    if hits.is_empty() {
        println!("nothing found");
    }
    for note in found["notes"].as_array().into_iter().flatten() {
        eprintln!("note: {}", output::text(note));
    }
    for (number, hit) in hits.iter().enumerate() {
        let path = hit["heading_path"]
            .as_array()
            .into_iter()
            .flatten()
            .map(output::text)
            .collect::<Vec<_>>()
            .join(" > ");
        let page = hit["page"].as_i64().map(|page| format!(", page {page}")).unwrap_or_default();
        println!(
            "{}. {}  {path}{page}  ({:.3})",
            number + 1,
            output::text(&hit["name"]),
            hit["score"].as_f64().unwrap_or_default()
        );
        if why {
            println!("   found by {}", reasons(&hit["why"]));
        }
        let text = output::text(&hit["text"]);
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(3) {
            println!("   {}", line.chars().take(160).collect::<String>());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Which parts of the search found a passage, and where it stood there.
fn reasons(why: &Value) -> String {
    const PARTS: [(&str, &str); 4] = [
        ("words", "its words"),
        ("literal", "its spelling"),
        ("heading", "its heading"),
        ("meaning", "its meaning"),
    ];
    let reason = |(part, told): &(&str, &str)| {
        let standing = why.get(part)?;
        let score = standing["score"].as_f64().unwrap_or_default();
        Some(format!("{told} (place {}, {score:.3})", standing["rank"]))
    };
    PARTS.iter().filter_map(reason).collect::<Vec<_>>().join(", ")
}
