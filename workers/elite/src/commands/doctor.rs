//! `elite doctor`: what is wrong, and what to do.

use std::process::ExitCode;

use anyhow::Result;

use crate::{asking::ask, config::Config, output, request::Request};

pub(crate) async fn run(config: &Config) -> Result<ExitCode> {
    let findings = ask(config, Request::Doctor, |_| {}).await?;
    let findings_list = findings.as_array().map(Vec::as_slice).unwrap_or_default();
    let sound = findings_list.iter().all(|finding| finding["ok"] == true);
    if config.json {
        output::json(&findings);
    } else {
        for finding in findings_list {
            let mark = if finding["ok"] == true { "ok  " } else { "BAD " };
            println!("{mark} {}: {}", output::text(&finding["check"]), output::text(&finding["found"]));
            if let Some(fix) = finding["fix"].as_str() {
                println!("       fix: {fix}");
            }
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
