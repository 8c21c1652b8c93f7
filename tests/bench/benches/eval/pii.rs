//! How well personal data is found: precision, recall and F1 of each kind, spans that overlap counting as found.
//!
//! A row holds `text` and `spans` with `entity_type`, `start_position` and `end_position`, as presidio-research writes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use validation::{SensitiveKind, find_sensitive};

use crate::statistics::{interval, number};

/// Our kinds and what they are called in the rows.
const KINDS: [(SensitiveKind, &str); 6] = [
    (SensitiveKind::EmailAddress, "EMAIL_ADDRESS"),
    (SensitiveKind::CreditCard, "CREDIT_CARD"),
    (SensitiveKind::Iban, "IBAN_CODE"),
    (SensitiveKind::PhoneNumber, "PHONE_NUMBER"),
    (SensitiveKind::IpAddress, "IP_ADDRESS"),
    (SensitiveKind::NationalId, "US_SSN"),
];

/// Found and missed spans of one text.
#[derive(Clone, Copy, Default)]
struct Counts {
    expected: usize,
    recalled: usize,
    found: usize,
    right: usize,
    exact: usize,
}

/// Precision, recall and F1 of each kind.
pub(crate) fn measure(rows: &[Value]) -> Value {
    let mut report = Map::new();
    let show = std::env::args().any(|argument| argument == "--differences");
    for (kind, name) in KINDS {
        let counts: Vec<Counts> = rows.iter().map(|row| count(row, kind, name, show)).collect();
        report.insert(
            kind.as_str().to_owned(),
            json!({
                "spans": sum(&counts, |counts| counts.expected),
                "precision": interval(&counts, |counts| quotient(sum(counts, |c| c.right), sum(counts, |c| c.found))),
                "recall": interval(&counts, |counts| quotient(sum(counts, |c| c.recalled), sum(counts, |c| c.expected))),
                "f1": interval(&counts, f1),
                "found_exactly": quotient(sum(&counts, |c| c.exact), sum(&counts, |c| c.expected)),
            }),
        );
    }
    json!({ "texts": rows.len(), "kinds": report, "found_of_kinds_without_truth": others(rows) })
}

fn count(row: &Value, kind: SensitiveKind, name: &str, show: bool) -> Counts {
    let text = row["text"].as_str().unwrap_or_default();
    let spans = row["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let at = |span: &Value, field: &str| span[field].as_u64().unwrap_or_default();
    let expected: Vec<(u64, u64)> = spans
        .iter()
        .filter(|span| span["entity_type"] == name)
        .map(|span| (at(span, "start_position"), at(span, "end_position")))
        .collect();
    let found: Vec<(u64, u64)> = find_sensitive(text)
        .iter()
        .filter(|finding| finding.kind == kind)
        .map(|finding| (finding.range.start.into(), finding.range.end.into()))
        .collect();
    let overlap = |a: &(u64, u64), b: &(u64, u64)| a.0 < b.1 && b.0 < a.1;
    let recalled = |span: &&(u64, u64)| found.iter().any(|other| overlap(span, other));
    let right = |span: &&(u64, u64)| expected.iter().any(|other| overlap(span, other));
    if show {
        expected
            .iter()
            .filter(|span| !recalled(span))
            .for_each(|span| eprintln!("missed {name} {span:?} in {text:?}"));
        found
            .iter()
            .filter(|span| !right(span))
            .for_each(|span| eprintln!("wrong {name} {span:?} in {text:?}"));
    }
    Counts {
        expected: expected.len(),
        recalled: expected.iter().filter(recalled).count(),
        found: found.len(),
        right: found.iter().filter(right).count(),
        exact: expected.iter().filter(|span| found.contains(span)).count(),
    }
}

fn sum(counts: &[Counts], of: impl Fn(&Counts) -> usize) -> usize {
    counts.iter().map(of).sum()
}

/// `part / whole`, and 1 of nothing: who finds nothing finds nothing wrong.
fn quotient(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { number(part) / number(whole) }
}

fn f1(counts: &[Counts]) -> f64 {
    let precision = quotient(sum(counts, |c| c.right), sum(counts, |c| c.found));
    let recall = quotient(sum(counts, |c| c.recalled), sum(counts, |c| c.expected));
    if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

/// How many findings there are of the kinds that rows say nothing about.
fn others(rows: &[Value]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in rows.iter().flat_map(|row| find_sensitive(row["text"].as_str().unwrap_or_default())) {
        if !KINDS.iter().any(|(kind, _)| *kind == finding.kind) {
            *counts.entry(finding.kind.as_str()).or_default() += 1;
        }
    }
    counts
}
