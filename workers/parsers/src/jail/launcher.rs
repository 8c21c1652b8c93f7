//! The jail of a plugin: this program takes limits upon itself, then becomes the plugin's command. What it took stays in force.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, ExitCode},
};

use serde::{Deserialize, Serialize};

use super::sandbox;
use crate::plugin::PATH;

/// The exit code of a launcher that could not become the command, and the beginning of what it then says.
pub(crate) const NOT_LAUNCHED: i32 = 125;
pub(crate) const LAUNCHER: &str = "plugin launcher: ";

/// What to become, and what to allow it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// Programs it may execute: itself and its interpreters. What else they need (libraries) is allowed by place.
    pub(crate) executables: Vec<PathBuf>,
    pub(crate) read_paths: Vec<PathBuf>,
    pub(crate) memory_bytes_max: u64,
    pub(crate) seconds_max: f64,
}

/// The whole life of a plugin's launcher; `order` is what the pool gave as the last argument. Returns only if it fails.
pub fn launch_main(order: &str) -> ExitCode {
    let error = match launch(order) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    writeln!(io::stderr(), "{LAUNCHER}{error}").ok(); // Nobody is left to tell when stderr is gone.
    u8::try_from(NOT_LAUNCHED).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn launch(order: &str) -> io::Result<std::convert::Infallible> {
    let launch: Launch = serde_json::from_str(order)?;
    sandbox::enter_for_plugin(&launch)?;
    let mut command = Command::new(&launch.program);
    command.args(&launch.args).env_clear().env("PATH", PATH).env("LANG", "C.UTF-8");
    // Python would otherwise try to write beside its sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Err(command.exec())
}
