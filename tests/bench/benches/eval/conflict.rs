//! How well conflict tells contradictions from everything else.
//!
//! A row holds `Text`, `Hypothesis` and `gold_label`, as the data of Hossain et al. does. Where nothing is said, a pair is as likely
//! to contradict as any.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use validation::{Judgement, conflict};

use crate::{
    classifier::{Row, report},
    statistics::{hash, number},
};

/// Share of contradictions among the pairs that the weights were fitted on.
const PRIOR: f64 = 0.27;

pub(crate) fn measure(rows: &[Value]) -> Value {
    let mut report = report(&of(rows), PRIOR);
    report["told"] = told(rows, "Text", "Hypothesis", "contradiction");
    report
}

/// The conflicts that are told of claims and evidence, where nothing was fitted to find them: refuted ones should have some.
pub(crate) fn measure_on_support(rows: &[Value]) -> Value {
    told(rows, "claim", "evidence", "REFUTES")
}

/// For each kind of conflict how many pairs have one and how many of those do conflict.
fn told(rows: &[Value], a: &str, b: &str, label: &str) -> Value {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let found = conflict(row[a].as_str().unwrap_or_default(), row[b].as_str().unwrap_or_default());
        let told: BTreeSet<String> =
            found.conflicts.iter().map(|conflict| format!("{:?}", conflict.kind)).collect();
        if std::env::args().any(|argument| argument == "--differences")
            && !told.is_empty()
            && row["gold_label"] != label
        {
            eprintln!("wrong {told:?} {} | {}", row[a], row[b]);
        }
        for kind in told {
            let count = kinds.entry(kind).or_default();
            *count = (count.0 + 1, count.1 + usize::from(row["gold_label"] == label));
        }
    }
    kinds
        .into_iter()
        .map(|(kind, (pairs, right))| (kind, json!({ "pairs": pairs, "right": right })))
        .collect()
}

/// The rows with what was measured; pairs whose first texts differ only in their denials stay together.
pub(crate) fn of(rows: &[Value]) -> Vec<Row> {
    rows.iter().map(row).collect()
}

fn row(row: &Value) -> Row {
    let (text, hypothesis) =
        (row["Text"].as_str().unwrap_or_default(), row["Hypothesis"].as_str().unwrap_or_default());
    let found = conflict(text, hypothesis);
    Row {
        score: match found.judgement {
            Judgement::Score(score) => Some(score.value),
            Judgement::CannotSay(_) => None,
        },
        signals: found.signals,
        positive: row["gold_label"] == "contradiction",
        group: hash(&without_denials(text)),
        length: number(text.chars().count() + hypothesis.chars().count()),
    }
}

/// The words that two versions of a text share, one of which denies: neither denials and helping verbs nor endings.
fn without_denials(text: &str) -> String {
    const HELPING: [&str; 14] = [
        "not", "no", "never", "n't", "is", "are", "was", "were", "do", "does", "did", "be", "being", "there",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
    let kept: Vec<String> = words
        .filter(|word| !word.is_empty() && !HELPING.contains(&word.as_str()))
        .map(|word| word.chars().take(4).collect())
        .collect();
    kept.join(" ")
}
