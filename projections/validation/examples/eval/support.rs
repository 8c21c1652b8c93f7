//! How well support tells supported claims from refuted ones.
//!
//! A row holds `claim`, `evidence` and `gold_label`, `SUPPORTS` or `REFUTES`, as FEVER-Symmetric writes them.

use serde_json::Value;
use validation::{Judgement, support};

use crate::{
    classifier::{Row, report},
    statistics::{hash, number},
};

pub(crate) fn measure(rows: &[Value]) -> Value {
    report(&of(rows), 0.5)
}

/// The rows with what was measured; claims with the same words stay together.
pub(crate) fn of(rows: &[Value]) -> Vec<Row> {
    rows.iter()
        .filter(|row| matches!(row["gold_label"].as_str(), Some("SUPPORTS" | "REFUTES")))
        .map(row)
        .collect()
}

fn row(row: &Value) -> Row {
    let (claim, evidence) =
        (row["claim"].as_str().unwrap_or_default(), row["evidence"].as_str().unwrap_or_default());
    let found = support(claim, evidence);
    Row {
        score: match found.judgement {
            Judgement::Score(score) => Some(score.value),
            Judgement::CannotSay(_) => None,
        },
        signals: found
            .claims
            .into_iter()
            .map(|claim| claim.signals)
            .find(|signals| !signals.is_empty())
            .unwrap_or_default(),
        positive: row["gold_label"] == "SUPPORTS",
        group: hash(claim),
        length: number(claim.chars().count() + evidence.chars().count()),
    }
}
