//! Readers from `PyPI` beside ours (`peers.py`), each in an interpreter of its own. They are installed into a temporary
//! environment; what cannot be had is not run, and says so.

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{Document, Reading};

/// An environment, or why there is none.
pub(crate) struct Python {
    directory: TempDir,
    missing: Option<String>,
}

impl Python {
    pub(crate) fn set_up() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let missing = run(Command::new("python3").args(["-m", "venv"]).arg(directory.path())).err();
        Ok(Self { directory, missing })
    }

    fn program(&self) -> PathBuf {
        self.directory.path().join("bin/python3")
    }

    /// What the package made of each document, or why it was not run.
    pub(crate) fn read(
        &self,
        package: &str,
        documents: &[Document],
    ) -> anyhow::Result<Result<Vec<Reading>, String>> {
        if let Some(missing) = &self.missing {
            return Ok(Err(missing.clone()));
        }
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
        // A part of lxml that trafilatura needs is a package of its own.
        let besides = (package == "trafilatura").then_some("lxml_html_clean");
        if let Err(reason) = run(Command::new(self.program()).args(install).arg(package).args(besides)) {
            return Ok(Err(reason));
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/documents/peers.py");
        let mut child = Command::new(self.program())
            .arg(script)
            .arg(package)
            .env("OMP_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            for document in documents {
                writeln!(input, "{}", document.path().display())?;
            }
        }
        let output = child.wait_with_output()?;
        let mut readings: HashMap<String, Reading> =
            String::from_utf8_lossy(&output.stdout).lines().filter_map(reading).collect();
        if readings.is_empty() && !documents.is_empty() {
            return Ok(Err(format!("peers.py {package} ended with {}", output.status)));
        }
        // Those behind a crash were not read.
        let lost = || Reading { error: Some(format!("{package} ended before it")), ..Reading::default() };
        let of = |document: &Document| readings.remove(&document.path().display().to_string());
        Ok(Ok(documents.iter().map(of).map(|found| found.unwrap_or_else(lost)).collect()))
    }
}

fn reading(line: &str) -> Option<(String, Reading)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let reading =
        Reading { text: text("text"), error: text("error"), pages: None, cpu_ms: value["cpu_ms"].as_f64()? };
    Some((text("path")?, reading))
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
