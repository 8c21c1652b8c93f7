//! A document of the corpus, and what an engine made of it. Ours runs in this process, without the pool: what is compared is reading.

use std::{
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use anyhow::Context;
use parsers::Source;

use crate::scoring::{self, Gold};

pub(crate) struct Document {
    path: PathBuf,
    bytes: Vec<u8>,
    gold: Option<Gold>,
}

impl Document {
    pub(crate) fn read(path: PathBuf, gold: Option<Gold>) -> anyhow::Result<Self> {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, bytes, gold })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn gold(&self) -> Option<&Gold> {
        self.gold.as_ref()
    }
}

/// What an engine made of a document.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) text: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) pages: Option<u32>,
    pub(crate) cpu_ms: f64,
}

pub(crate) fn read_ours(document: &Document) -> anyhow::Result<Reading> {
    let before = thread_ms()?;
    let parsed = catch_unwind(|| parsers::parse(&document.bytes, &Source::named(document.name())));
    let cpu_ms = thread_ms()? - before;
    Ok(match parsed {
        Ok(Ok(parsed)) => {
            let text = Some(scoring::comparable(&parsed, &document.path));
            Reading { text, pages: parsed.pages, cpu_ms, error: None }
        }
        Ok(Err(rejection)) => Reading { error: Some(rejection.to_string()), cpu_ms, ..Reading::default() },
        Err(_) => Reading { error: Some("panicked".to_owned()), cpu_ms, ..Reading::default() },
    })
}

/// Milliseconds that this thread has been on a processor.
#[expect(clippy::cast_precision_loss, reason = "a measurement")]
pub(crate) fn thread_ms() -> anyhow::Result<f64> {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: u64 = schedule.split_whitespace().next().context("no time in schedstat")?.parse()?;
    Ok(ns as f64 / 1e6)
}
