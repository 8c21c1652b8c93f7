//! How well support tells supported claims from refuted ones.
//!
//! A row holds `claim`, `evidence` and `gold_label`, `SUPPORTS` or `REFUTES`, as FEVER-Symmetric writes them.

use anyhow::Context;
use event_model::TextRange;
use inference::Likeness;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use validation::{ClaimSupport, Judgement, support};

use crate::{
    classifier::{Row, report},
    sentence_model,
    statistics::{hash, number},
    weights,
};

pub(crate) fn measure(rows: &[Value]) -> Value {
    report(&of(rows), 0.5)
}

/// The rows with what was measured; claims with the same words stay together.
pub(crate) fn of(rows: &[Value]) -> Vec<Row> {
    rows.iter().filter(|row| is_labelled(row)).map(row).collect()
}

fn is_labelled(row: &Value) -> bool {
    matches!(row["gold_label"].as_str(), Some("SUPPORTS" | "REFUTES"))
}

fn row(row: &Value) -> Row {
    of_claim(row, measured(row))
}

/// The first claim of a row that something is said of; none of a row of which nothing is.
fn measured(row: &Value) -> Option<ClaimSupport> {
    let (claim, evidence) = texts(row);
    let is_said = |claim: &ClaimSupport| !claim.signals.is_empty();
    support(claim, evidence).claims.into_iter().find(is_said)
}

fn texts(row: &Value) -> (&str, &str) {
    (row["claim"].as_str().unwrap_or_default(), row["evidence"].as_str().unwrap_or_default())
}

fn of_claim(row: &Value, found: Option<ClaimSupport>) -> Row {
    let (claim, evidence) = texts(row);
    Row {
        score: found.as_ref().and_then(|found| match found.judgement {
            Judgement::Score(score) => Some(score.value),
            Judgement::CannotSay(_) => None,
        }),
        signals: found.map(|found| found.signals).unwrap_or_default(),
        positive: row["gold_label"] == "SUPPORTS",
        group: hash(claim),
        length: number(claim.chars().count() + evidence.chars().count()),
    }
}

pub(crate) fn measure_by_meaning(rows: &[Value]) -> Value {
    by_meaning(rows).map_or_else(|error| not_run(&error), |rows| report(&rows, 0.5))
}

pub(crate) fn fit_by_meaning(rows: &[Value]) -> Value {
    by_meaning(rows).map_or_else(|error| not_run(&error), |rows| weights::tables(&rows))
}

fn not_run(error: &anyhow::Error) -> Value {
    json!(format!("NOT RUN: {error}"))
}

/// The rows with how alike claim and evidence are in meaning.
fn by_meaning(rows: &[Value]) -> anyhow::Result<Vec<Row>> {
    let model =
        sentence_model::model().context("no model: `--features candle`, ELITE_TESTS_MODEL=DIRECTORY")?;
    let rows: Vec<&Value> = rows.iter().filter(|row| is_labelled(row)).collect();
    let found: Vec<Option<ClaimSupport>> = rows.iter().map(|row| measured(row)).collect();
    let cut = |text: &str, range: TextRange| -> String {
        text.chars().skip(range.start as usize).take((range.end - range.start) as usize).collect()
    };
    let said: Vec<(String, String)> = rows
        .iter()
        .zip(&found)
        .filter_map(|(row, found)| {
            let ((claim, evidence), found) = (texts(row), found.as_ref()?);
            Some((cut(claim, found.claim), cut(evidence, found.nearest?)))
        })
        .collect();
    let pairs: Vec<(&str, &str)> =
        said.iter().map(|(claim, nearest)| (claim.as_str(), nearest.as_str())).collect();
    let mut alike = Runtime::new()?.block_on(Likeness::new(model).of(&pairs))?.into_iter();
    let weighed = rows.iter().zip(found).map(|(row, found)| {
        let found = found.map(|found| found.with_likeness(alike.next().unwrap_or_default()));
        of_claim(row, found)
    });
    Ok(weighed.collect())
}
