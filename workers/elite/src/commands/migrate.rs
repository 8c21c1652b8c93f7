//! `elite migrate`: the schema of this release.

use std::process::ExitCode;

use anyhow::Result;

use crate::{asking::ask, config::Config, output, request::Request};

pub(crate) async fn run(config: &Config) -> Result<ExitCode> {
    let done = ask(config, Request::Migrate, |_| {}).await?;
    if config.json {
        output::json(&done);
    } else {
        output::table(&["VERSION", "MIGRATION"], &output::rows(&done["all"], &["version", "name"]));
        println!("all are applied");
    }
    Ok(ExitCode::SUCCESS)
}
