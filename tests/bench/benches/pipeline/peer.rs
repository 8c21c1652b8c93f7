//! The pipeline in Python beside ours. Its packages are installed into a temporary environment; where that cannot be had, the
//! peer is not run, and says so.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

const PACKAGES: [&str; 4] = ["redis[hiredis]", "asyncpg", "orjson", "uvloop"];

/// What the peer printed.
pub(crate) fn measure(
    redis: &str,
    postgres: &str,
    events: u64,
    half_load: Duration,
) -> anyhow::Result<Value> {
    let directory = tempfile::tempdir()?;
    let python = match environment(directory.path()) {
        Ok(python) => python,
        Err(reason) => return Ok(json!({ "NOT RUN": reason })),
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pipeline.py");
    let ran = Command::new(python)
        .arg(script)
        .args([redis, postgres, &events.to_string(), &half_load.as_secs().to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    anyhow::ensure!(ran.status.success(), "the peer ended with {}", ran.status);
    Ok(serde_json::from_slice(&ran.stdout)?)
}

fn environment(directory: &Path) -> Result<std::path::PathBuf, String> {
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(directory))?;
    let python = directory.join("bin/python3");
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    run(Command::new(&python).args(install).args(PACKAGES))?;
    Ok(python)
}
