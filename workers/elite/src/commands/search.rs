//! `elite search`: passages, best first.

use std::process::ExitCode;

use anyhow::Result;

use crate::{asking::ask, config::Config, output, request::Request};

/// Flags of `elite search`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words to look for; "quoted phrases", -without and OR are understood
    #[arg(required = true)]
    query: Vec<String>,
    /// Passages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let request = Request::Search { query: args.query.join(" "), limit: args.limit };
    let found = ask(config, request, |_| {}).await?;
    if config.json {
        output::json(&found);
        return Ok(ExitCode::SUCCESS);
    }
    let hits = found["hits"].as_array().map(Vec::as_slice).unwrap_or_default();
    if hits.is_empty() {
        println!("nothing found");
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
        let text = output::text(&hit["text"]);
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(3) {
            println!("   {}", line.chars().take(160).collect::<String>());
        }
    }
    Ok(ExitCode::SUCCESS)
}
