//! `elite plugins`: who reads which documents, and what a plugin makes of a file.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use parsers::{PARSERS, Plugin, Source};
use serde_json::{Value, json};

use crate::{config::Config, output, request::Failure, wire};

/// `elite plugins …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// List plugins and built-in parsers in the order they are asked
    List,
    /// Run the plugin that would read a file, in its jail, and print what a worker would store or what is wrong
    Check {
        /// The file
        file: PathBuf,
    },
}

pub(crate) async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    match args {
        Args::List => Ok(list(config)),
        Args::Check { file } => check(config, file).await,
    }
}

fn list(config: &Config) -> ExitCode {
    let declared = config.plugins.iter().map(declared);
    let built_in = PARSERS.iter().map(|parser| {
        json!({
            "name": parser.name(), "version": parser.version(), "kind": "built in", "media_types": parser.media_types(),
            "extensions": [], "command": [], "ready": true,
        })
    });
    let all: Vec<Value> = declared.chain(built_in).collect();
    let ready = all.iter().all(|one| one["ready"] == true);
    if config.json {
        output::json(&Value::from(all));
    } else {
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        output::table(&["NAME", "VERSION", "KIND", "FOR", "COMMAND"], &rows);
    }
    if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn declared(plugin: &Plugin) -> Value {
    json!({
        "name": plugin.name, "version": plugin.version, "kind": "plugin", "media_types": plugin.media_types,
        "extensions": plugin.extensions, "command": plugin.command, "ready": plugin.program().is_some(),
    })
}

fn row(one: &Value) -> Vec<String> {
    let words =
        |field: &str| one[field].as_array().into_iter().flatten().map(output::text).collect::<Vec<_>>();
    let extensions = words("extensions").into_iter().map(|extension| format!(".{extension}"));
    let taken: Vec<String> = words("media_types").into_iter().chain(extensions).collect();
    // Source code alone has dozens.
    let more = if taken.len() > 4 { format!(" and {} more", taken.len() - 4) } else { String::new() };
    let taken = format!("{}{more}", taken[..taken.len().min(4)].join(" "));
    let command = words("command").join(" ");
    let command = if one["ready"] == true { command } else { format!("{command} (NOT THERE)") };
    vec![
        output::text(&one["name"]),
        output::text(&one["version"]),
        output::text(&one["kind"]),
        taken,
        command,
    ]
}

async fn check(config: &Config, file: PathBuf) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| format!("failed to read `{name}`"))?;
    let pool = wire::parsers(config).await?;
    let source = Source::named(&name);
    let Some(plugin) = pool.plugin_for(&bytes, &source) else {
        let message = format!(
            "no plugin is declared for `{name}`; `elite parse` shows what the built-in parsers make of it"
        );
        return Err(Failure::failed(message).into());
    };
    let run = pool.run(plugin, &bytes).await?;
    let verdict = match run.answer {
        Ok(answer) => pool.read_answer(plugin, &answer, &source).await?,
        Err(rejection) => Err(rejection),
    };
    if !run.last_words.trim().is_empty() {
        eprintln!("`{}` wrote on standard error:\n{}", plugin.name, run.last_words.trim_end());
    }
    let document =
        verdict.map_err(|rejection| Failure::failed(format!("`{name}` is rejected: {rejection}")))?;
    output::json(&serde_json::to_value(&document)?);
    Ok(ExitCode::SUCCESS)
}
